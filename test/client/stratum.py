"""A Stratum V1 miner written from public documents: slush's protocol description, BIP 310, RFC 7914.

It knows nothing of the pool's code or of its tests' Perl client, so that a mistake in one is not repeated in the other.
dialects.py makes the firmware's manners of it. Only the standard library is used.
"""
import hashlib
import json
import random
import select
import socket
import struct
import time

# difficulty 1's target, by algorithm
DIFFICULTY_1 = {'sha256d': 0xffff << 208, 'scrypt': 0xffff << 224}


class Closed(Exception):
    """The pool has closed the connection."""


def sha256d(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def scrypt(header):
    return hashlib.scrypt(header, salt=header, n=1024, r=1, p=1, dklen=32)


HASHES = {'sha256d': sha256d, 'scrypt': scrypt}


class Connection:
    """Lines of JSON to a pool and back; what it says unasked is taken in as it comes."""

    def __init__(self, host, port, algorithm, source=None):
        self.algorithm = algorithm
        self.socket = socket.create_connection((host, port), timeout=30, source_address=(source, 0) if source else None)
        self.buffer = b''
        self.answers = {}
        self.messages = []
        self.difficulty = None
        self.job = None
        self.mask = 0
        self.next_id = 1
        self.extranonce2 = random.getrandbits(32)

    def close(self):
        self.socket.close()

    def send(self, method, params, id=None):
        if id is None:
            id = self.next_id
            self.next_id += 1
        line = json.dumps({'id': id, 'method': method, 'params': params}, ensure_ascii=False)
        self.socket.sendall(line.encode() + b'\n')
        return id

    def read(self, timeout):
        """Take in what has come; False when nothing came within the timeout."""
        if not select.select([self.socket], [], [], max(timeout, 0))[0]:
            return False
        data = self.socket.recv(65536)
        if not data:
            raise Closed(' '.join(self.messages) or 'closed')
        lines = (self.buffer + data).split(b'\n')
        self.buffer = lines.pop()
        for line in lines:
            self.take(json.loads(line))
        return True

    def take(self, message):
        method, params = message.get('method'), message.get('params')
        if method == 'mining.set_difficulty':
            self.difficulty = params[0]
        elif method == 'mining.notify':
            self.job = Job(params, self.difficulty)
        elif method == 'mining.set_version_mask':
            self.mask = int(params[0], 16)
        elif method == 'client.show_message':
            self.messages.append(params[0])
        elif method is None:
            self.answers[message['id']] = message

    def answer(self, id, timeout=60):
        end = time.time() + timeout
        while id not in self.answers:
            if not self.read(end - time.time()) and time.time() > end:
                raise TimeoutError('no answer to %r' % (id,))
        return self.answers.pop(id)

    def ask(self, method, params, id=None):
        return self.answer(self.send(method, params, id))

    def wait_for_job(self, timeout=60):
        end = time.time() + timeout
        while self.job is None:
            if not self.read(end - time.time()) and time.time() > end:
                raise TimeoutError('no job')

    def subscribe(self, *params, id=None):
        result = self.ask('mining.subscribe', list(params), id)['result']
        self.extranonce1 = bytes.fromhex(result[1])
        self.extranonce2_size = result[2]

    def new_extranonce2(self):
        self.extranonce2 += 1
        return self.extranonce2.to_bytes(self.extranonce2_size, 'big')


class Job:
    def __init__(self, params, difficulty):
        self.id, prevhash, coinb1, coinb2, branch, version, nbits, ntime, self.clean = params
        self.difficulty = difficulty
        # each word of 4 bytes is told with its bytes turned
        words = struct.unpack('>8I', bytes.fromhex(prevhash))
        self.prevhash = struct.pack('<8I', *words)
        self.coinb1, self.coinb2 = bytes.fromhex(coinb1), bytes.fromhex(coinb2)
        self.branch = [bytes.fromhex(step) for step in branch]
        self.version, self.nbits, self.ntime = int(version, 16), int(nbits, 16), int(ntime, 16)

    def merkle_root(self, extranonce1, extranonce2):
        root = sha256d(self.coinb1 + extranonce1 + extranonce2 + self.coinb2)
        for step in self.branch:
            root = sha256d(root + step)
        return root

    def header(self, root, version, nonce):
        return struct.pack('<I', version) + self.prevhash + root + struct.pack('<3I', self.ntime, self.nbits, nonce)


class Share:
    def __init__(self, job, extranonce2, nonce, version):
        self.job, self.extranonce2, self.nonce, self.version = job, extranonce2, nonce, version


def find_share(connection, version=None, first_nonce=None):
    """Hash until the job's target is met; the version is the job's unless it is given."""
    job = connection.job
    version = job.version if version is None else version
    extranonce2 = connection.new_extranonce2()
    root = job.merkle_root(connection.extranonce1, extranonce2)
    target = int(DIFFICULTY_1[connection.algorithm] / job.difficulty)
    digest = HASHES[connection.algorithm]
    front = job.header(root, version, 0)[:76]
    nonce = random.getrandbits(32) if first_nonce is None else first_nonce
    while int.from_bytes(digest(front + struct.pack('<I', nonce)), 'little') > target:
        nonce = (nonce + 1) & 0xffffffff
    return Share(job, extranonce2, nonce, version)
