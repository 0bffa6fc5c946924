"""Browses for MPDs, as clients do; each event is a line of JSON. Ends when its input does.

With arguments, it first announces an MPD of that name itself, at that address.
"""

import json
import socket
import sys

from zeroconf import IPVersion, ServiceBrowser, ServiceInfo, Zeroconf

TYPE = "_mpd._tcp.local."


class Events:
    def add_service(self, responder, kind, name):
        info = responder.get_service_info(kind, name)
        if info is not None:
            tell("here", name, host=info.server, port=info.port, addresses=info.parsed_addresses())

    update_service = add_service

    def remove_service(self, responder, kind, name):
        tell("gone", name)


def tell(event, name, **more):
    print(json.dumps({"event": event, "name": name.removesuffix("." + TYPE), **more}), flush=True)


responder = Zeroconf(ip_version=IPVersion.All)
if len(sys.argv) > 1:
    name, address = sys.argv[1:]
    taken = ServiceInfo(TYPE, f"{name}.{TYPE}", 1, server="other.local.", addresses=[socket.inet_aton(address)])
    responder.register_service(taken)
browser = ServiceBrowser(responder, TYPE, Events())
tell("ready", "")
sys.stdin.read()
responder.close()
