/* The device's side of `tng station`: asks, checks what it gets, and confirms.

   Print nothing else between the first and the last line of the request, if you can: log lines
   are understood, but every line costs time. */
#include "tng_station.h"

#include <stdio.h>
#include <string.h>

#define ANSWER_MILLISECONDS 10000u /* then the request is printed again */
#define LINE_MILLISECONDS 2000u    /* within a certificate */

static int sextet(char letter)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = letter ? strchr(alphabet, letter) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

/* The DER in a PEM block; 0 if it is none. */
static size_t decode(const char *pem, uint8_t *der, size_t size)
{
    const char *text = strchr(pem, '\n'), *end = strstr(pem, "-----END");
    uint32_t bits = 0;
    size_t count = 0;
    unsigned held = 0;
    for (; text && end && text < end; text++) {
        int value = sextet(*text);
        if (value < 0)
            continue; /* line ends and padding */
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            if (count == size)
                return 0;
            der[count++] = (uint8_t)(bits >> held);
        }
    }
    return count;
}

/* The certificate's lines up to the empty one; false if they do not come or are too many. */
static bool receive(const struct tng_station_board *board, char *pem, size_t size)
{
    char line[TNG_STATION_LINE];
    size_t used = 0;
    while (board->read_line(board->context, line, sizeof line, LINE_MILLISECONDS)) {
        size_t length = strlen(line);
        if (length == 0 && used > 0)
            return true;
        if (used + length + 2 > size)
            return false;
        memcpy(pem + used, line, length);
        used += length;
        pem[used++] = '\n';
        pem[used] = '\0';
    }
    return false;
}

/* Why the certificate cannot be kept; NULL once it is. */
static const char *keep(const struct tng_station_board *board, const char *announced)
{
    static char pem[TNG_STATION_MAX_PEM];
    static uint8_t der[TNG_STATION_MAX_PEM];
    uint8_t digest[32];
    char hex[65];
    size_t size;
    if (!receive(board, pem, sizeof pem))
        return "the certificate is not complete";
    size = decode(pem, der, sizeof der);
    if (size == 0 || !board->sha256(board->context, der, size, digest))
        return "the certificate cannot be read";
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    if (strcmp(hex, announced) != 0)
        return "the certificate was damaged on its way";
    return board->store(board->context, pem) ? NULL : "the certificate cannot be stored";
}

/* False if there is nothing to ask with, which the station is told. */
static bool ask(const struct tng_station_board *board)
{
    static char request[TNG_STATION_MAX_PEM];
    const char *serial = board->serial ? board->serial(board->context) : NULL;
    if (serial) {
        board->print(board->context, "TNG-SERIAL: ");
        board->print(board->context, serial);
        board->print(board->context, "\r\n");
    }
    if (!board->make_request(board->context, request, sizeof request)) {
        board->print(board->context, "TNG-FAIL the request cannot be made\r\n");
        return false;
    }
    board->print(board->context, request);
    board->print(board->context, "\r\n"); /* the empty line: the request ends here */
    return true;
}

/* Wait for the answer to one request; true once a certificate is stored. */
static bool listen(const struct tng_station_board *board)
{
    static const char word[] = "TNG-CERTIFICATE ";
    char line[TNG_STATION_LINE], digest[65], answer[128];
    while (board->read_line(board->context, line, sizeof line, ANSWER_MILLISECONDS)) {
        const char *problem;
        if (strncmp(line, "TNG-ERROR", 9) == 0)
            return false;
        if (strncmp(line, word, sizeof word - 1) != 0 || strlen(line) != sizeof word - 1 + 64)
            continue;
        memcpy(digest, line + sizeof word - 1, sizeof digest);
        problem = keep(board, digest);
        snprintf(answer, sizeof answer, "TNG-%s %s\r\n", problem ? "FAIL" : "OK",
                 problem ? problem : digest);
        board->print(board->context, answer);
        return problem == NULL;
    }
    return false;
}

bool tng_station_run(const struct tng_station_board *board, unsigned attempts)
{
    for (; attempts > 0; attempts--) {
        if (!ask(board))
            return false;
        if (listen(board))
            return true;
    }
    return false;
}
