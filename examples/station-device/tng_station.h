/* The device's side of `tng station`: docs/station.md. Portable C99; no heap. */
#ifndef TNG_STATION_H
#define TNG_STATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TNG_STATION_MAX_PEM 2560 /* AWS's certificates have about 1,200 characters */
#define TNG_STATION_LINE 160     /* an overlong line is cut, and is then no line of ours */

/* What the board provides. `context` is passed on to each of them. */
struct tng_station_board {
    void *context;
    /* Print the text as it is. */
    void (*print)(void *context, const char *text);
    /* Read one line without its end, cut to size - 1 characters; false after the time. */
    bool (*read_line)(void *context, char *line, size_t size, uint32_t milliseconds);
    /* The device's serial number, or NULL: up to 64 letters, digits, '-', '_' and ':'. Where the
       request's common name has a chip's serial number, it is that one. */
    const char *(*serial)(void *context);
    /* A request in PEM, signed by the key in the chip. */
    bool (*make_request)(void *context, char *pem, size_t size);
    bool (*sha256)(void *context, const uint8_t *data, size_t size, uint8_t digest[32]);
    /* Keep the certificate; false if that fails. It is for this device's key: compare them. */
    bool (*store)(void *context, const char *pem);
};

/* Ask until there is a certificate, at most `attempts` times; true once it is stored, false also
   where no request can be made. */
bool tng_station_run(const struct tng_station_board *board, unsigned attempts);

#endif
