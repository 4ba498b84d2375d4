"""Takes webhooks: PORT SECRET FILE STATUS. Appends the id of each event with a right signature to FILE, and answers STATUS."""
import hashlib
import hmac
import http.server
import json
import sys

port, secret, file, status = int(sys.argv[1]), sys.argv[2].encode(), sys.argv[3], int(sys.argv[4])


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        wanted = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
        right = hmac.compare_digest(wanted, self.headers.get("X-Kindling-Signature", ""))
        event = json.loads(body)
        with open(file, "a", encoding="utf-8") as out:
            kind = event["data"]["event"]["type"]
            out.write(f"{'ok' if right else 'FORGED'} {event['specversion']} {event['id']} {event['type']} {kind} "
                      f"{self.headers['Content-Type']}\n")
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


http.server.HTTPServer(("127.0.0.1", port), Receiver).serve_forever()
