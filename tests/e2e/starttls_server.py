"""Servers that turn to TLS in the ways of ten protocols, and then answer every line: for replay_starttls.sh, which
has openssl's client talk to them. Needs cert.pem and key.pem in the working directory; says "ready" when it listens."""
import socket
import ssl
import struct
import threading

CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
CONTEXT.load_cert_chain("cert.pem", "key.pem")


def read_until(sock, end):
    text = b""
    while not text.endswith(end):
        byte = sock.recv(1)
        if not byte:
            raise EOFError
        text += byte
    return text


def lines(greeting, answers):
    """Lines that are answered; the answer to the last of them begins TLS. "%" is the line's first word."""

    def talk(sock):
        sock.sendall(greeting)
        while True:
            line = read_until(sock, b"\n").upper()
            for number, (word, answer) in enumerate(answers):
                if word in line:
                    sock.sendall(answer.replace(b"%", line.split()[0]))
                    if number == len(answers) - 1:
                        return
                    break

    return talk


def postgres(sock):
    assert sock.recv(8) == bytes.fromhex("0000000804d2162f")
    sock.sendall(b"S")


def mysql(sock):
    greeting = (b"\x0a8.0.0\0" + struct.pack("<I", 7) + b"12345678\0\xff\xff\x21\x02\0\xff\xff\x15" + b"\0" * 10 +
                b"123456789012\0mysql_native_password\0")
    sock.sendall(struct.pack("<I", len(greeting)) + greeting)
    assert len(sock.recv(36)) == 36


def ldap(sock):
    sock.recv(1000)
    sock.sendall(bytes.fromhex("300c02010178070a010004000400"))


def xmpp(sock):
    read_until(sock, b"version='1.0'>")
    sock.sendall(b"<stream:stream xmlns:stream='http://etherx.jabber.org/streams' id='1' from='localhost' "
                 b"xmlns='jabber:client' version='1.0'><stream:features>"
                 b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>")
    read_until(sock, b"/>")
    sock.sendall(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")


SERVERS = {
    9025: lines(b"220 mail\r\n", [(b"EHLO", b"250-mail\r\n250 STARTTLS\r\n"), (b"STARTTLS", b"220 go\r\n")]),
    9143: lines(b"* OK imap\r\n", [(b"CAPABILITY", b"* CAPABILITY IMAP4rev1 STARTTLS\r\n% OK done\r\n"),
                                  (b"STARTTLS", b"% OK go\r\n")]),
    9110: lines(b"+OK pop\r\n", [(b"CAPA", b"+OK\r\nSTLS\r\n.\r\n"), (b"STLS", b"+OK go\r\n")]),
    9021: lines(b"220 ftp\r\n", [(b"FEAT", b"211-Features\r\n AUTH TLS\r\n211 End\r\n"), (b"AUTH TLS", b"234 go\r\n")]),
    9119: lines(b"200 news\r\n", [(b"CAPABILITIES", b"101 list\r\nSTARTTLS\r\n.\r\n"), (b"STARTTLS", b"382 go\r\n")]),
    9419: lines(b"\"STARTTLS\"\r\nOK\r\n", [(b"STARTTLS", b"OK go\r\n")]),
    9432: postgres,
    9306: mysql,
    9389: ldap,
    9522: xmpp,
}


def serve_one(sock, turn):
    try:
        turn(sock)
        secure = CONTEXT.wrap_socket(sock, server_side=True)
        while True:
            asked = secure.recv(4096)
            if not asked:
                break
            secure.sendall(b"answer to " + asked)
        secure.unwrap()
        secure.close()
    except (OSError, EOFError, AssertionError):
        sock.close()


def accept_all(listener, turn):
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve_one, args=(sock, turn), daemon=True).start()


for port, how in SERVERS.items():
    opened = socket.create_server(("127.0.0.1", port), backlog=128)
    threading.Thread(target=accept_all, args=(opened, how), daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
