"""web.py internet.tsv DIR: certificates, pages and nginx.conf for every web site of the recorded internet."""

import os
import random
import subprocess
import sys

WORDS = ("aftale tid klinik prøve svar recept henvisning telefon åben lukket uge dag side læs mere nyt vejr sol regn vind råd "
         "medicin apotek kommune borger digital post besked log ind oversigt liste navn dato").split()
PAGES = {"index.html": 2_500, "side.html": 3_200, "lille.json": 700, "stil.css": 1_500, "billede.bin": 6_000, "tom.txt": 22}
CERTIFICATE_FROM, CERTIFICATE_TO = "20260105000000Z", "20301231000000Z"  # covers the played days and those of recording
CA_FROM, CA_TO = "20250101000000Z", "20350101000000Z"


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


def page(name, size, dice):
    words = []
    while sum(len(word) + 1 for word in words) < size:
        words.append(dice.choice(WORDS))
    text = " ".join(words)
    return f"<!doctype html><title>{name}</title><p>{text}</p>\n" if name.endswith("html") else text + "\n"


def main(table, folder):
    os.makedirs(f"{folder}/pages/upload", exist_ok=True)
    os.makedirs(f"{folder}/ca")
    open(f"{folder}/ca/index", "w").close()
    with open(f"{folder}/ca/serial", "w") as file:
        file.write("1001\n")
    with open(f"{folder}/ca/ca.conf", "w") as file:
        file.write(f"""[ca]
default_ca=a
[a]
database={folder}/ca/index
serial={folder}/ca/serial
new_certs_dir={folder}/ca
default_md=sha256
policy=p
copy_extensions=copy
unique_subject=no
[p]
commonName=supplied
organizationName=optional
[root]
basicConstraints=critical,CA:TRUE
""")
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    run("openssl", "req", "-new", *new_key, "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.csr",
        "-subj", "/O=Nordisk Tillid/CN=Nordisk Tillid Root R1")
    run("openssl", "ca", "-batch", "-config", f"{folder}/ca/ca.conf", "-selfsign", "-extensions", "root", "-startdate", CA_FROM,
        "-enddate", CA_TO, "-in", f"{folder}/ca.csr", "-keyfile", f"{folder}/ca.key", "-out", f"{folder}/ca.pem", "-notext")

    dice = random.Random(7)
    for name, size in PAGES.items():
        with open(f"{folder}/pages/{name}", "w") as file:
            file.write(page(name, size, dice))

    servers, shared = [], []
    rows = [line.split() for line in open(table) if line.strip() and not line.startswith("#")]
    for name, address, kind in rows:
        numbered = ".annoncenet-" in name
        cert = "annoncenet" if numbered else name
        if (kind != "http" and kind != "-" or name.startswith("mail.")) and cert not in shared:
            shared.append(cert)
            names = "DNS:*.annoncenet-0.example" if numbered else f"DNS:{name}"
            if numbered:
                names = ",".join(f"DNS:*.annoncenet-{n}.example" for n in range(12))
            run("openssl", "req", "-new", *new_key, "-keyout", f"{folder}/{cert}.key", "-out", f"{folder}/{cert}.csr",
                "-subj", f"/O={cert.split('.')[-2] if '.' in cert else cert}/CN={cert}", "-addext", f"subjectAltName={names}")
            run("openssl", "ca", "-batch", "-config", f"{folder}/ca/ca.conf", "-startdate", CERTIFICATE_FROM, "-enddate",
                CERTIFICATE_TO, "-in", f"{folder}/{cert}.csr", "-cert", f"{folder}/ca.pem", "-keyfile", f"{folder}/ca.key",
                "-out", f"{folder}/{cert}.pem", "-notext")
        listen = []
        if kind in ("http", "both"):
            listen.append(f"listen {address}:80;")
        if kind in ("tls13", "tls12", "both"):
            version = "TLSv1.2" if kind == "tls12" else "TLSv1.2 TLSv1.3"
            listen.append(f"listen {address}:443 ssl; ssl_protocols {version}; ssl_certificate {folder}/{cert}.pem; "
                          f"ssl_certificate_key {folder}/{cert}.key;")
        if listen:
            servers.append(f"server {{ {' '.join(listen)} server_name {name}; root {folder}/pages; }}")
    with open(f"{folder}/nginx.conf", "w") as file:
        file.write(f"""user root;
worker_processes 1;
pid {folder}/nginx.pid;
events {{ worker_connections 512; }}
http {{
  server_tokens off;
  access_log off;
  default_type text/html;
  client_body_temp_path {folder}/temp;
  client_max_body_size 0;
  dav_methods PUT;
  create_full_put_path on;
  {chr(10).join(servers)}
}}
""")


main(sys.argv[1], sys.argv[2])
