"""Miners as their firmware speaks, each on a connection of its own.

    python3 dialects.py HOST PORT ALGORITHM ADDRESS SHARES RIGS

For each dialect a line of what came of it: its name, shares accepted, shares refused, and what the pool said to the
last one that was refused, with tabs between them. ADDRESS is where the pool pays. RIGS is the size of the farm behind
one connection.
"""
import random
import socket
import sys

from stratum import Closed, Connection, find_share


class Miner:
    """What all dialects have in common: subscribe, authorize, five parameters."""
    agent = 'miner/1.0'
    password = 'x'
    separator = '.'

    def __init__(self, host, port, algorithm, address):
        self.host, self.port, self.algorithm, self.address = host, port, algorithm, address
        self.user = address + self.separator + type(self).__name__

    def prepare(self):
        """What it does before its connection."""

    def introduce(self, pool):
        pool.subscribe(self.agent)

    def log_in(self, pool):
        answer = pool.ask('mining.authorize', [self.user, self.password])
        assert answer['result'] is True, answer

    def after_login(self, pool):
        """What it asks for once it is in."""

    def find(self, pool):
        return find_share(pool)

    def params(self, pool, share):
        return [self.user, share.job.id, share.extranonce2.hex(), '%08x' % share.job.ntime, '%08x' % share.nonce]

    def submit(self, pool):
        return pool.ask('mining.submit', self.params(pool, self.find(pool)))

    def run(self, shares):
        accepted, refused, why = 0, 0, ''
        try:
            self.prepare()
            pool = Connection(self.host, self.port, self.algorithm)
            self.introduce(pool)
            self.log_in(pool)
            self.after_login(pool)
            pool.wait_for_job()
            for _ in range(shares):
                answer = self.submit(pool)
                accepted += answer['result'] is True
                if answer['result'] is not True:
                    refused, why = refused + 1, str(answer['error'])
            pool.close()
        except (Closed, AssertionError, OSError) as problem:
            refused, why = refused + 1, '%s: %s' % (type(problem).__name__, problem)
        return accepted, refused, why


def configure(pool, mask, **more):
    """mining.configure, as BIP 310 has it."""
    parameters = {'version-rolling.mask': mask, 'version-rolling.min-bit-count': 2}
    parameters.update(more)
    result = pool.ask('mining.configure', [['version-rolling'] + [name.split('.')[0] for name in more], parameters])['result']
    if result.get('version-rolling'):
        pool.mask = int(result['version-rolling.mask'], 16)


class Bitaxe(Miner):
    """ESP-Miner: always six parameters, the bits as rolled XOR the job's version; the address in capitals, as a QR code has it."""
    agent = 'bitaxe/BM1370/v2.4.1'

    def __init__(self, host, port, algorithm, address):
        super().__init__(host, port, algorithm, address.upper())

    def introduce(self, pool):
        configure(pool, 'ffffffff')
        super().introduce(pool)

    def after_login(self, pool):
        pool.ask('mining.suggest_difficulty', [1000])
        pool.ask('mining.extranonce.subscribe', [])

    def find(self, pool):
        return find_share(pool, pool.job.version ^ (random.getrandbits(32) & pool.mask))

    def params(self, pool, share):
        return super().params(pool, share) + ['%08x' % (share.version ^ share.job.version)]


class BitaxeWithoutRolling(Bitaxe):
    """The same on a chip that does not roll, which still sends the sixth parameter."""

    def introduce(self, pool):
        Miner.introduce(self, pool)

    def find(self, pool):
        return find_share(pool)


class NerdMiner(Miner):
    """Numbers as Arduino's String(value, HEX) writes them: without leading zeros. It wishes all the time."""
    agent = 'NerdMinerV2/1.8.3'
    separator = '_'

    def after_login(self, pool):
        pool.ask('mining.suggest_difficulty', [0.00015])

    def find(self, pool):
        return find_share(pool, first_nonce=random.getrandbits(24))

    def submit(self, pool):
        pool.ask('mining.suggest_difficulty', ['0.00015'])
        return super().submit(pool)

    def params(self, pool, share):
        return super().params(pool, share)[:4] + ['%x' % share.nonce]


class Bfgminer(Miner):
    """TLS first, twice, then plain; requests whose ids are words; it asks for the block's transactions and suggests a target."""
    agent = 'bfgminer/5.5.0'
    password = 'x;d=0.00000001;m=solo'
    separator = '/'

    def prepare(self):
        hello = bytes([0x16, 3, 1, 1, 0x40, 1, 0, 1, 0x3c, 3, 3]) + bytes(random.choice(b'\n\r{"abc') for _ in range(309))
        for _ in range(2):
            with socket.create_connection((self.host, self.port), timeout=10) as attempt:
                attempt.sendall(hello)
                try:
                    assert attempt.recv(100) == b'', 'the pool talks to TLS'
                except ConnectionResetError:
                    pass

    def introduce(self, pool):
        pool.ask('mining.suggest_target', ['0x' + 'f' * 56])
        pool.subscribe(self.agent, '0123456789abcdef', id=0)

    def log_in(self, pool):
        assert pool.ask('mining.authorize', [self.user, self.password], id='auth')['result'] is True

    def after_login(self, pool):
        pool.wait_for_job()
        assert pool.ask('mining.get_transactions', [pool.job.id], id='txlist' + pool.job.id)['error'] is None


class BfgminerProxy(Bfgminer):
    """bfgminer as a proxy: it keeps the first bytes of extranonce2 for the miners behind it, and goes by one name."""

    def prepare(self):
        self.behind = 0

    def find(self, pool):
        self.behind += 1
        pool.extranonce2 = (self.behind % 3) << 48 | random.getrandbits(40)
        return super().find(pool)


class Cgminer(Miner):
    """cgminer: keys in another order than others, ids from 0, a minimum difficulty as text."""
    agent = 'cgminer/4.13.6'
    password = 'D=1e-9'
    separator = '+'

    def introduce(self, pool):
        configure(pool, '0x1fffe000', **{'minimum-difficulty.value': '0.000000001'})
        pool.next_id = 0
        super().introduce(pool)

    def params(self, pool, share):
        # bits that are not rolled are left out, or sent as zeros
        return super().params(pool, share) + random.choice([[], [''], [None], ['00000000']])


class Antminer(Miner):
    """Stock firmware: bits as BIP 310 says, multi_version, a name with space around it."""
    agent = 'bmminer/2.0.0/Antminer S19/0'

    def __init__(self, *args):
        super().__init__(*args)
        self.user = ' ' + self.user + ' '

    def introduce(self, pool):
        pool.ask('mining.multi_version', [1])
        configure(pool, '1fffe000')
        super().introduce(pool)

    def find(self, pool):
        return find_share(pool, pool.job.version & ~pool.mask | random.getrandbits(32) & pool.mask)

    def params(self, pool, share):
        return super().params(pool, share) + ['%08x' % (share.version & pool.mask)]


class NiceHash(Miner):
    """A rental service: it names the pool's host, subscribes to extranonces, and sends zeros it never asked for."""
    agent = 'NiceHash/1.0.0'
    password = 'x,diff=1k/d=5'

    def introduce(self, pool):
        pool.subscribe(self.agent, None, self.host, str(self.port))

    def after_login(self, pool):
        assert pool.ask('mining.extranonce.subscribe', [])['result'] is True
        pool.ask('mining.capabilities', [{'notify': [], 'suggesteddiff': 5.0}])

    def params(self, pool, share):
        return super().params(pool, share) + ['00000000']


class MiningRigRentals(Miner):
    """Another one: 0x before the numbers, and a name beyond ASCII."""
    agent = 'MiningRigRentals/1.0'
    separator = '-'

    def __init__(self, *args):
        super().__init__(*args)
        self.user += '-\u0430\u0440\u0435\u043d\u0434\u0430'

    def params(self, pool, share):
        worker, job, extranonce2, ntime, nonce = super().params(pool, share)
        return [worker, job, extranonce2, '0x' + ntime, '0X' + nonce]


class Farm(Miner):
    """A proxy of a farm: all rigs on one connection, each by its name; it does not wait for answers."""
    agent = 'farm-proxy/1.0'
    rigs = 1000
    at_once = 20

    def log_in(self, pool):
        self.users = ['%s.rack%d_%d' % (self.address, n // 40, n) for n in range(self.rigs)]
        for start in range(0, self.rigs, self.at_once):
            ids = [pool.send('mining.authorize', [user, 'x']) for user in self.users[start:start + self.at_once]]
            for id in ids:
                answer = pool.answer(id)
                assert answer['result'] is True, answer

    def run(self, shares):
        self.turn = 0
        return super().run(self.rigs)

    def submit(self, pool):
        self.user = self.users[self.turn]
        self.turn += 1
        return super().submit(pool)


DIALECTS = [Bitaxe, BitaxeWithoutRolling, NerdMiner, Bfgminer, BfgminerProxy, Cgminer, Antminer, NiceHash, MiningRigRentals, Farm]


def main():
    host, port, algorithm, address, shares, rigs = sys.argv[1:]
    Farm.rigs = int(rigs)
    for dialect in DIALECTS:
        accepted, refused, why = dialect(host, int(port), algorithm, address).run(int(shares))
        print(dialect.__name__, accepted, refused, why, sep='\t', flush=True)


if __name__ == '__main__':
    main()
