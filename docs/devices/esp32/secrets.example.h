// Copy to secrets.h, which belongs in no repository. The values are in credentials.json of the device's bundle.
#pragma once

#define WIFI_NAME ""
#define WIFI_PASSWORD ""

#define DEVICE_ID ""      // .deviceId
#define MQTT_URI ""       // .mqtt.url, such as mqtts://broker.example:8883
#define MQTT_USERNAME ""  // .mqtt.username
#define MQTT_PASSWORD ""  // .mqtt.password

// The authority that signed the broker's certificate, as one PEM text (server-ca.crt of the bundle).
static const char SERVER_CA[] = R"(
)";
