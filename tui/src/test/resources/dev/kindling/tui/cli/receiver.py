"""Takes webhooks, and at times does not: PORT DIRECTORY.

Keeps the body of request N as N.json and appends "N STATUS SIGNATURE" to the file "log". Of nine requests one is answered
with 503, of the next nine one with 429, and of the next nine one not at all (status 0)."""
import http.server
import itertools
import pathlib
import sys

port, directory = int(sys.argv[1]), pathlib.Path(sys.argv[2])
first = len(list(directory.glob("*.json")))
numbers = itertools.count(first)


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            return  # whoever sent it was killed meanwhile
        number = next(numbers)
        (directory / f"{number}.json").write_bytes(body)
        status = (503, 429, 0)[number // 9 % 3] if number % 9 == 5 else 202
        with open(directory / "log", "a", encoding="utf-8") as log:
            log.write(f"{number} {status} {self.headers.get('X-Kindling-Signature')}\n")
        if status:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_):
        pass


http.server.HTTPServer(("127.0.0.1", port), Receiver).serve_forever()
