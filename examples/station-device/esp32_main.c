/* A sketch for ESP-IDF with esp-cryptoauthlib and mbedTLS, as on M5Stack Core2 for AWS: the key is
   in slot 0 of the ATECC608, the console is UART 0. Not built by this project's tests, unlike
   tng_station.c, which is all there is to the protocol. */
#include "tng_station.h"

#include <stdio.h>
#include <string.h>

#include "atca_mbedtls_wrap.h"
#include "cryptoauthlib.h"
#include "driver/uart.h"
#include "esp_random.h"
#include "mbedtls/sha256.h"
#include "mbedtls/x509_csr.h"
#include "nvs.h"
#include "nvs_flash.h"

#define PORT UART_NUM_0

static char serial_number[19];

static void print(void *context, const char *text)
{
    uart_write_bytes(PORT, text, strlen(text));
}

static bool read_line(void *context, char *line, size_t size, uint32_t milliseconds)
{
    size_t used = 0;
    for (;;) {
        char next;
        if (uart_read_bytes(PORT, &next, 1, pdMS_TO_TICKS(milliseconds)) != 1)
            return false;
        if (next == '\n')
            break;
        if (next != '\r' && used + 1 < size)
            line[used++] = next;
    }
    line[used] = '\0';
    return true;
}

static const char *serial(void *context)
{
    return serial_number;
}

static int random_bytes(void *context, unsigned char *data, size_t size)
{
    esp_fill_random(data, size);
    return 0;
}

static bool make_request(void *context, char *pem, size_t size)
{
    char subject[32];
    mbedtls_pk_context key;
    mbedtls_x509write_csr request;
    bool made;
    snprintf(subject, sizeof subject, "CN=sn%s", serial_number);
    mbedtls_pk_init(&key);
    mbedtls_x509write_csr_init(&request);
    mbedtls_x509write_csr_set_md_alg(&request, MBEDTLS_MD_SHA256);
    made = atca_mbedtls_pk_init(&key, 0) == 0 &&
           mbedtls_x509write_csr_set_subject_name(&request, subject) == 0;
    if (made) {
        mbedtls_x509write_csr_set_key(&request, &key);
        made = mbedtls_x509write_csr_pem(&request, (unsigned char *)pem, size, random_bytes,
                                         NULL) == 0;
    }
    mbedtls_x509write_csr_free(&request);
    mbedtls_pk_free(&key);
    return made;
}

static bool sha256(void *context, const uint8_t *data, size_t size, uint8_t digest[32])
{
    return mbedtls_sha256(data, size, digest, 0) == 0;
}

static bool store(void *context, const char *pem)
{
    nvs_handle_t handle;
    bool stored;
    if (nvs_open("tng", NVS_READWRITE, &handle) != ESP_OK)
        return false;
    stored = nvs_set_str(handle, "certificate", pem) == ESP_OK && nvs_commit(handle) == ESP_OK;
    nvs_close(handle);
    return stored;
}

void app_main(void)
{
    const struct tng_station_board board = {NULL, print, read_line, serial, make_request,
                                            sha256, store};
    uint8_t number[9];
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(uart_driver_install(PORT, 4096, 0, 0, NULL, 0));
    if (atcab_init(&cfg_ateccx08a_i2c_default) != ATCA_SUCCESS ||
        atcab_read_serial_number(number) != ATCA_SUCCESS) {
        printf("TNG-FAIL the secure element does not answer\r\n");
        return;
    }
    for (size_t i = 0; i < sizeof number; i++)
        snprintf(serial_number + 2 * i, 3, "%02x", number[i]);
    tng_station_run(&board, 1000);
}
