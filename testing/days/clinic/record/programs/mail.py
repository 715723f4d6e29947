"""mail.py IP CERTIFICATE: a mail server, just enough for curl: IMAP over TLS on 993, submission over TLS on 465."""

import asyncio
import ssl
import sys

MESSAGE = b"Subject: Nyt fra kommunen\r\nFrom: nyt@www.kommunen.example\r\n\r\n" + b"Husk de nye aabningstider i uge 12.\r\n" * 40


async def imap(reader, writer):
    writer.write(b"* OK IMAP4rev1 ready\r\n")
    while line := await reader.readline():
        tag, _, rest = line.decode().strip().partition(" ")
        verb = rest.split(" ")[0].upper()
        if verb == "CAPABILITY":
            writer.write(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n")
        elif verb == "AUTHENTICATE" and len(rest.split()) == 2:
            writer.write(b"+ \r\n")
            await reader.readline()
        elif verb in ("SELECT", "EXAMINE"):
            writer.write(b"* 12 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 7] ok\r\n")
        elif verb == "FETCH":
            writer.write(b"* 12 FETCH (BODY[] {%d}\r\n%s)\r\n" % (len(MESSAGE), MESSAGE))
        elif verb == "LOGOUT":
            writer.write(b"* BYE\r\n")
        writer.write(f"{tag} OK done\r\n".encode())
        await writer.drain()
        if verb == "LOGOUT":
            break
    writer.close()


async def submission(reader, writer):
    writer.write(b"220 mail.klinikpost.example ESMTP\r\n")
    while line := await reader.readline():
        verb = line.decode().strip().upper()
        if verb.startswith("EHLO"):
            writer.write(b"250-mail.klinikpost.example\r\n250-AUTH PLAIN\r\n250 SIZE 20000000\r\n")
        elif verb == "AUTH PLAIN":
            writer.write(b"334 \r\n")
            await writer.drain()
            await reader.readline()
            writer.write(b"235 ok\r\n")
        elif verb.startswith("AUTH"):
            writer.write(b"235 ok\r\n")
        elif verb == "DATA":
            writer.write(b"354 go on\r\n")
            await writer.drain()
            while (await reader.readline()).strip() != b".":
                pass
            writer.write(b"250 queued\r\n")
        elif verb == "QUIT":
            writer.write(b"221 bye\r\n")
            break
        else:
            writer.write(b"250 ok\r\n")
        await writer.drain()
    writer.close()


async def main(ip, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(f"{certificate}.pem", f"{certificate}.key")
    await asyncio.start_server(imap, ip, 993, ssl=context)
    await asyncio.start_server(submission, ip, 465, ssl=context)
    await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
