/* examples/station-device/tng_station.c on this machine: standard input and output are its serial
   port. Arguments: a file with the request, and one for the certificate. */
#include "tng_station.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct files {
    const char *request, *certificate;
};

static void print(void *context, const char *text)
{
    (void)context;
    fputs(text, stdout);
    fflush(stdout);
}

static bool read_line(void *context, char *line, size_t size, uint32_t milliseconds)
{
    size_t used = 0;
    int next;
    (void)context;
    (void)milliseconds;
    while ((next = getchar()) != '\n') {
        if (next == EOF)
            return false;
        if (next != '\r' && used + 1 < size)
            line[used++] = (char)next;
    }
    line[used] = '\0';
    return true;
}

static const char *serial(void *context)
{
    (void)context;
    return "01230000b0a4d00101";
}

static bool make_request(void *context, char *pem, size_t size)
{
    FILE *file = fopen(((struct files *)context)->request, "r");
    size_t count = file ? fread(pem, 1, size - 1, file) : 0;
    pem[count] = '\0';
    return file && fclose(file) == 0 && count > 0;
}

static bool sha256(void *context, const uint8_t *data, size_t size, uint8_t digest[32])
{
    char command[512], hex[65] = "";
    const char *name = ((struct files *)context)->certificate;
    FILE *stream;
    snprintf(command, sizeof command, "tee '%s.der' >/dev/null", name);
    stream = popen(command, "w");
    if (!stream || fwrite(data, 1, size, stream) != size || pclose(stream) != 0)
        return false;
    snprintf(command, sizeof command, "sha256sum '%s.der'", name);
    stream = popen(command, "r");
    if (!stream || fread(hex, 1, 64, stream) != 64)
        return false;
    pclose(stream);
    for (size_t i = 0; i < 32; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
        digest[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return true;
}

static bool store(void *context, const char *pem)
{
    FILE *file = fopen(((struct files *)context)->certificate, "w");
    return file && fputs(pem, file) >= 0 && fclose(file) == 0;
}

int main(int count, char **words)
{
    struct files files = {count > 1 ? words[1] : "", count > 2 ? words[2] : ""};
    const struct tng_station_board board = {&files,       print,  read_line, serial,
                                            make_request, sha256, store};
    return tng_station_run(&board, 3) ? 0 : 1;
}
