"""A notification service of the tests' own: says each notice as a line of JSON, and presses what it is told to.

Run as a program on a session bus. Standard input: one line each, "NUMBER ACTION [REPLY]".
"""

from __future__ import annotations

import json
import sys
import threading

from jeepney import DBusAddress, MessageType, message_bus, new_method_return, new_signal
from jeepney.io.blocking import Proxy, open_dbus_connection

_ADDRESS = DBusAddress("/org/freedesktop/Notifications", interface="org.freedesktop.Notifications")


def main() -> int:
    """Until it is ended."""
    connection = open_dbus_connection("SESSION")
    Proxy(message_bus, connection).RequestName("org.freedesktop.Notifications")
    print(json.dumps({"ready": True}), flush=True)

    def press() -> None:
        for line in sys.stdin:
            number, action, *reply = line.rstrip("\n").split(" ", 2)
            if action == "reply":
                connection.send(new_signal(_ADDRESS, "NotificationReplied", "us", (int(number), reply[0])))
            else:
                connection.send(new_signal(_ADDRESS, "ActionInvoked", "us", (int(number), action)))

    threading.Thread(target=press, daemon=True).start()
    number = 0
    while True:
        call = connection.receive()
        if call.header.message_type is not MessageType.method_call:
            continue
        member = call.header.fields[3]
        if member == "GetCapabilities":
            words = ["actions", "body", "body-markup", "inline-reply"]
            connection.send(new_method_return(call, "as", (words,)))
        elif member == "Notify":
            number += 1
            title, body, actions = call.body[3], call.body[4], call.body[5]
            print(json.dumps({"number": number, "title": title, "body": body, "actions": actions}), flush=True)
            connection.send(new_method_return(call, "u", (number,)))
        elif member == "CloseNotification":
            print(json.dumps({"closed": call.body[0]}), flush=True)
            connection.send(new_method_return(call))
            connection.send(new_signal(_ADDRESS, "NotificationClosed", "uu", (call.body[0], 3)))


if __name__ == "__main__":
    sys.exit(main())
