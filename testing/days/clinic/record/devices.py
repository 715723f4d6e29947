"""Prints devices.toml as lines `id|mac|ip|hostname|stack` for the shell."""

import sys
import tomllib

with open(sys.argv[1], "rb") as file:
    for device in tomllib.load(file)["device"]:
        print("|".join(device[key] for key in ("id", "mac", "ip", "hostname", "stack")))
