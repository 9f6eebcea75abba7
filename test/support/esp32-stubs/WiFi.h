// As much of the Arduino core of the ESP32 as the sketch in docs/devices/esp32 uses, to check its syntax and types.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>

uint32_t millis();
void delay(uint32_t ms);
uint32_t analogReadMilliVolts(uint8_t pin);
void configTime(long gmtOffset, int daylightOffset, const char *server1, const char *server2 = nullptr);

struct SerialPort {
  void begin(unsigned long baud);
};
extern SerialPort Serial;

enum wifi_mode_t { WIFI_STA = 1 };
struct WiFiStation {
  bool mode(wifi_mode_t mode);
  bool setAutoReconnect(bool on);
  int begin(const char *name, const char *password);
  int8_t RSSI();
};
extern WiFiStation WiFi;
