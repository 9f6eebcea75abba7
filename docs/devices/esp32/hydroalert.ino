// A river gauge on an ESP32 (Arduino core 3.x): reads a sensor, keeps readings while nobody takes them, hands them over by
// MQTT over TLS with QoS 1. Uses esp-mqtt, which comes with the core; PubSubClient knows only QoS 0, so it cannot tell
// whether a reading arrived.
//
// Copy secrets.example.h to secrets.h and fill it in from the bundle of the device (docs/devices/README.md has the line).

#include <WiFi.h>
#include <time.h>
#include "mqtt_client.h"
#include "secrets.h"

static const char *FIRMWARE = "gauge-1.0";
static const uint32_t READ_EVERY_MS = 60UL * 1000;
static const uint32_t HEARTBEAT_EVERY_MS = 300UL * 1000;
static const size_t KEPT_READINGS = 512;  // eight hours at one a minute; the oldest give way
static const int SENSOR_PIN = 34;
// Before this instant (2024-01-01) the clock was not set: a reading would carry a wrong time for ever.
static const time_t CLOCK_IS_SET = 1704067200;

struct Reading {
  int64_t epochMs;
  float levelCm;
};

static Reading kept[KEPT_READINGS];
static size_t oldest = 0;
static size_t count = 0;
static int underWay = -1;  // message id of the oldest reading, while the broker has not acknowledged it
static volatile bool connected = false;
static volatile int acknowledged = -1;
static esp_mqtt_client_handle_t client = nullptr;

static void topicOf(char *to, size_t size, const char *what) {
  snprintf(to, size, "sensors/%s/%s", DEVICE_ID, what);
}

// Runs in the task of the MQTT client: it only leaves notes for loop().
static void onMqtt(void *, esp_event_base_t, int32_t event, void *data) {
  esp_mqtt_event_handle_t message = (esp_mqtt_event_handle_t)data;
  switch ((esp_mqtt_event_id_t)event) {
    case MQTT_EVENT_CONNECTED:
      connected = true;
      break;
    case MQTT_EVENT_DISCONNECTED:
      connected = false;
      break;
    case MQTT_EVENT_PUBLISHED:
      acknowledged = message->msg_id;
      break;
    default:
      break;
  }
}

static void startMqtt() {
  static char will[96];
  topicOf(will, sizeof(will), "status");
  esp_mqtt_client_config_t config = {};
  config.broker.address.uri = MQTT_URI;
  config.broker.verification.certificate = SERVER_CA;  // without it anybody could pretend to be the broker
  config.credentials.client_id = DEVICE_ID;
  config.credentials.username = MQTT_USERNAME;
  config.credentials.authentication.password = MQTT_PASSWORD;
  config.session.keepalive = 60;
  config.session.last_will.topic = will;
  config.session.last_will.msg = "{\"status\":\"offline\"}";
  config.session.last_will.qos = 1;
  config.network.reconnect_timeout_ms = 10000;
  client = esp_mqtt_client_init(&config);
  esp_mqtt_client_register_event(client, MQTT_EVENT_ANY, onMqtt, nullptr);
  esp_mqtt_client_start(client);
}

static float readLevelCm() {
  // A 4–20 mA transmitter over 150 Ω: 0.6 V is empty, 3.0 V is 500 cm.
  float volts = analogReadMilliVolts(SENSOR_PIN) / 1000.0f;
  return (volts - 0.6f) / (3.0f - 0.6f) * 500.0f;
}

static void keep(const Reading &reading) {
  if (count == KEPT_READINGS) {
    oldest = (oldest + 1) % KEPT_READINGS;
    count--;
    underWay = -1;
  }
  kept[(oldest + count) % KEPT_READINGS] = reading;
  count++;
}

// One reading at a time, the oldest first; it is forgotten when the broker has it. The same reading twice is stored once.
static void handOver() {
  if (underWay >= 0 && acknowledged == underWay) {
    oldest = (oldest + 1) % KEPT_READINGS;
    count--;
    underWay = -1;
  }
  if (!connected) {
    underWay = -1;
    return;
  }
  if (underWay >= 0 || count == 0) return;
  const Reading &reading = kept[oldest];
  char topic[96], payload[128];
  topicOf(topic, sizeof(topic), "data");
  snprintf(payload, sizeof(payload), "{\"timestamp\":%lld,\"values\":{\"water_level_cm\":%.1f}}",
           (long long)reading.epochMs, reading.levelCm);
  acknowledged = -1;
  underWay = esp_mqtt_client_publish(client, topic, payload, 0, 1, 0);
}

static void say(const char *what, const char *payload) {
  char topic[96];
  topicOf(topic, sizeof(topic), what);
  if (connected) esp_mqtt_client_publish(client, topic, payload, 0, 1, 0);
}

void setup() {
  Serial.begin(115200);
  WiFi.mode(WIFI_STA);
  WiFi.setAutoReconnect(true);
  WiFi.begin(WIFI_NAME, WIFI_PASSWORD);
  configTime(0, 0, "pool.ntp.org", "time.google.com");  // UTC; certificates cannot be checked without the time
}

void loop() {
  static uint32_t lastReading = 0, lastHeartbeat = 0;
  static bool greeted = false;
  const bool clockIsSet = time(nullptr) > CLOCK_IS_SET;
  if (client == nullptr && clockIsSet) startMqtt();
  if (clockIsSet && (lastReading == 0 || millis() - lastReading >= READ_EVERY_MS)) {
    lastReading = millis();
    struct timeval now;
    gettimeofday(&now, nullptr);
    keep({(int64_t)now.tv_sec * 1000 + now.tv_usec / 1000, readLevelCm()});
  }
  if (connected && !greeted) {
    char status[96];
    snprintf(status, sizeof(status), "{\"status\":\"online\",\"firmware\":\"%s\",\"signal_strength\":%d}", FIRMWARE, (int)WiFi.RSSI());
    say("status", status);
  }
  greeted = connected;
  if (millis() - lastHeartbeat >= HEARTBEAT_EVERY_MS) {
    lastHeartbeat = millis();
    say("heartbeat", "{}");
  }
  handOver();
  delay(50);
}
