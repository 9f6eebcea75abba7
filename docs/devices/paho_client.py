#!/usr/bin/env python3
"""A device over MQTT with paho-mqtt (1.6 and 2.x; Debian: python3-paho-mqtt), for gateways and single-board computers.

    some-program | paho_client.py BUNDLE [--queue FILE] [--signed] [--mqtt5 | --mqtt311] [--stay | --no-status]

Reads one JSON object of values a line ({"water_level_cm": 245.5}), adds the time, and keeps it in a queue on disk until
the broker has acknowledged it (QoS 1): a broker that is away, a reboot or kill -9 loses nothing. Ends when the input has
ended and the queue is empty; with --stay it remains connected and answers commands. BUNDLE is the folder that
`hydroalert provision` wrote for the device. Speaks MQTT 5, and 3.1.1 with a broker that refuses that.

For cron jobs there is --no-status: neither "online" nor "offline" is said. Without it each run ends with "offline", which is
an alert; with it the platform tells by the age of the readings that the device is silent.
"""

import argparse
import base64
import collections
import datetime
import hashlib
import hmac
import json
import os
import secrets
import signal
import sqlite3
import ssl
import sys
import threading
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

MOST_IN_FLIGHT = 20
OLDEST_GIVE_WAY_ABOVE = 500_000
# CONNACK of MQTT 3.1.1 and of 5.
VERSION_REFUSALS = (1, 132)


def handle_command(name, payload):
    """What the device does when it is told to; raise to answer "error". Replace it."""
    if name == "ping":
        return {"pong": payload}
    raise ValueError(f"unknown command {name}")


class Queue:
    """Readings that the broker has not acknowledged, oldest first, in a file of its own."""

    def __init__(self, path):
        self.lock = threading.RLock()
        existed = os.path.exists(path)
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        if not existed:
            os.chmod(path, 0o600)
        self.db.execute("pragma journal_mode = wal")
        self.db.execute("pragma synchronous = full")
        # The nonce belongs to the reading: sent again with the same one it is known as the same message. Without
        # autoincrement an empty queue would begin anew at 1, where everything counts as sent.
        self.db.execute(
            "create table if not exists queue"
            " (id integer primary key autoincrement, payload blob, stamp text, nonce text)"
        )

    def put(self, payload):
        stamp, nonce = str(int(time.time() * 1000)), secrets.token_hex(16)
        with self.lock:
            self.db.execute("insert into queue (payload, stamp, nonce) values (?, ?, ?)", (payload, stamp, nonce))
            self.db.execute(
                "delete from queue where id <= (select max(id) from queue) - ?", (OLDEST_GIVE_WAY_ABOVE,)
            )

    def after(self, last, count):
        with self.lock:
            return self.db.execute(
                "select id, payload, stamp, nonce from queue where id > ? order by id limit ?", (last, count)
            ).fetchall()

    def done(self, row):
        with self.lock:
            self.db.execute("delete from queue where id = ?", (row,))

    def __len__(self):
        with self.lock:
            return self.db.execute("select count(*) from queue").fetchone()[0]


class Device:
    def __init__(self, bundle, queue, signed=False, version=None, tells_status=True):
        with open(os.path.join(bundle, "credentials.json"), encoding="utf-8") as file:
            self.credentials = json.load(file)
        self.topics = self.credentials["mqtt"]["topics"]
        self.bundle, self.queue, self.tells_status = bundle, queue, tells_status
        self.may_change_version = version is None
        self.mqtt311 = version == mqtt.MQTTv311
        self.hmac = self.credentials.get("hmac") if signed else None
        if signed and self.hmac is None:
            raise SystemExit("the bundle holds no HMAC secret to sign with")
        # Callbacks of paho run in its own thread and under its own locks: they only leave notes for step().
        self.acknowledged = collections.deque()
        self.wake = threading.Event()
        self.in_flight = {}  # message id -> row
        self.last_sent = 0
        self.version_refused = False
        self.client = self.make_client()

    def make_client(self):
        bundle, settings = self.bundle, self.credentials["mqtt"]
        version = mqtt.MQTTv311 if self.mqtt311 else mqtt.MQTTv5
        # paho 2 wants to know which form its callbacks have; ours fit the one that 1.6 calls.
        form = [mqtt.CallbackAPIVersion.VERSION1] if hasattr(mqtt, "CallbackAPIVersion") else []
        client = mqtt.Client(*form, client_id=settings["clientId"], protocol=version)
        if "username" in settings:
            client.username_pw_set(settings["username"], settings["password"])
        if settings["tls"]:
            context = ssl.create_default_context()
            if "serverCaFile" in self.credentials:
                context.load_verify_locations(os.path.join(bundle, self.credentials["serverCaFile"]))
            certificate = self.credentials.get("certificate", {})
            if "keyFile" in certificate:
                context.load_cert_chain(
                    os.path.join(bundle, certificate["certificateFile"]), os.path.join(bundle, certificate["keyFile"])
                )
            client.tls_set_context(context)
        if self.tells_status:
            client.will_set(self.topics["status"], '{"status":"offline"}', qos=1)
        client.reconnect_delay_set(min_delay=1, max_delay=60)
        client.on_connect, client.on_publish, client.on_message = self.on_connect, self.on_publish, self.on_message
        return client

    def start(self):
        self.client.connect_async(self.credentials["mqtt"]["host"], self.credentials["mqtt"]["port"], keepalive=60)
        self.client.loop_start()

    def stop(self):
        if self.tells_status and self.client.is_connected():
            try:
                self.client.publish(self.topics["status"], '{"status":"offline"}', qos=1).wait_for_publish(5)
            except (RuntimeError, ValueError):
                pass  # the connection has just gone; then the last will says it
        self.client.disconnect()
        self.client.loop_stop()

    def change_to_311(self):
        """Begins anew with the older version; what was not acknowledged is still in the queue."""
        print("the broker does not know MQTT 5; going on with 3.1.1", file=sys.stderr)
        self.client.disconnect()
        self.client.loop_stop()
        self.version_refused, self.mqtt311 = False, True
        self.acknowledged.clear()
        self.in_flight.clear()
        self.last_sent = 0
        self.client = self.make_client()
        self.start()

    def on_connect(self, client, _userdata, _flags, reason, _properties=None):
        code = reason.value if hasattr(reason, "value") else reason
        if code in VERSION_REFUSALS and self.may_change_version and not self.mqtt311:
            self.version_refused = True
            self.wake.set()
            return
        if code != 0:
            print(f"the broker refuses us: {reason}", file=sys.stderr)
            return
        client.subscribe(self.topics["command"], qos=1)
        if self.tells_status:
            client.publish(self.topics["status"], '{"status":"online"}', qos=1)
        self.wake.set()

    def on_publish(self, _client, _userdata, message_id, *_more):
        self.acknowledged.append(message_id)
        self.wake.set()

    def on_message(self, client, _userdata, message):
        command = json.loads(message.payload)
        answer = {"commandId": command["commandId"]}
        expires = command.get("expiresAt")
        try:
            if expires and datetime.datetime.fromisoformat(expires.replace("Z", "+00:00")) < utc_now():
                answer.update(status="rejected", error="expired")
            else:
                answer.update(status="ok", result=handle_command(command["name"], command.get("payload")))
        except Exception as error:  # whatever it was, the platform is told
            answer.update(status="error", error=str(error))
        client.publish(self.topics["response"], json.dumps(answer), qos=1)

    def step(self):
        """Forgets what was acknowledged and hands over what is queued, a few messages at a time."""
        self.wake.wait(0.1)
        self.wake.clear()
        if self.version_refused:
            self.change_to_311()
        while self.acknowledged:
            row = self.in_flight.pop(self.acknowledged.popleft(), None)
            if row is not None:
                self.queue.done(row)
        if not self.client.is_connected():
            return
        for row, payload, stamp, nonce in self.queue.after(self.last_sent, MOST_IN_FLIGHT - len(self.in_flight)):
            body, properties = self.sign(payload, stamp, nonce)
            sent = self.client.publish(self.topics["data"], body, qos=1, properties=properties)
            # From here on paho sends it again after every reconnect, also when the connection has just gone.
            self.in_flight[sent.mid] = row
            self.last_sent = row

    def sign(self, payload, stamp, nonce):
        if self.hmac is None:
            return payload, None
        text = f"{stamp}\n{nonce}\n".encode() + payload
        signature = hmac.new(self.hmac["secret"].encode(), text, hashlib.sha256).hexdigest()
        if self.mqtt311:
            wrapped = {"payload": base64.b64encode(payload).decode(), "keyId": self.hmac["keyId"]}
            wrapped.update(timestamp=int(stamp), nonce=nonce, signature=signature)
            return json.dumps(wrapped).encode(), None
        properties = Properties(PacketTypes.PUBLISH)
        properties.UserProperty = [
            ("x-key-id", self.hmac["keyId"]),
            ("x-timestamp", stamp),
            ("x-nonce", nonce),
            ("x-signature", signature),
        ]
        return payload, properties


def utc_now():
    return datetime.datetime.now(datetime.timezone.utc)


last_time = datetime.datetime.fromtimestamp(0, datetime.timezone.utc)


def reading_of(line):
    """Two readings never have the same millisecond: the platform would take the second for a contradiction."""
    global last_time
    values = json.loads(line)
    last_time = max(utc_now(), last_time + datetime.timedelta(milliseconds=1))
    timestamp = last_time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"timestamp": timestamp, "values": values}).encode()


def read_input(queue, device):
    for line in sys.stdin:
        try:
            if line.strip():
                queue.put(reading_of(line))
        except ValueError as error:
            print(f"not a line of values: {error}", file=sys.stderr)
        device.wake.set()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle")
    parser.add_argument("--queue", help="file of the queue; queue.sqlite in the bundle unless given")
    parser.add_argument("--signed", action="store_true", help="sign readings with the HMAC secret")
    versions = parser.add_mutually_exclusive_group()
    versions.add_argument("--mqtt5", dest="version", action="store_const", const=mqtt.MQTTv5, help="MQTT 5 only")
    versions.add_argument("--mqtt311", dest="version", action="store_const", const=mqtt.MQTTv311, help="MQTT 3.1.1 only")
    lives = parser.add_mutually_exclusive_group()
    lives.add_argument("--stay", action="store_true", help="stay connected when the input has ended")
    lives.add_argument("--no-status", action="store_true", help="say neither online nor offline, for cron jobs")
    options = parser.parse_args()
    queue = Queue(options.queue or os.path.join(options.bundle, "queue.sqlite"))
    device = Device(options.bundle, queue, options.signed, options.version, not options.no_status)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    device.start()
    try:
        input_thread = threading.Thread(target=read_input, args=(queue, device), daemon=True)
        input_thread.start()
        while options.stay or input_thread.is_alive() or len(queue) > 0:
            device.step()
    except KeyboardInterrupt:
        pass
    finally:
        device.stop()


if __name__ == "__main__":
    main()
