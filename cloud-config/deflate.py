"""gzip whose bytes depend on its input alone.

The bytes that zlib makes differ between zlib, zlib-ng and their versions; user-data is the same
on every machine, and its size is known. This is slower than zlib, and its output is smaller, since
it looks for the cheapest way through all matches. Numbers: RFC 1951 and RFC 1952.
"""

import binascii
import heapq
import itertools
import struct

MIN_MATCH, MAX_MATCH, WINDOW = 3, 258, 32768
END = 256                       # the symbol that ends a block
CHAIN = 64                      # earlier places that are looked at for a match
ROUNDS = 4                      # of parsing by the costs that the round before had
SAMPLES = 9                     # places to cut a block at that are tried at once
CODE_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)


def ranges(start, extra_bits):
    """(first value, extra bits) of each symbol."""
    return list(zip(itertools.accumulate((1 << bits for bits in extra_bits), initial=start),
                    extra_bits))


LENGTHS = ranges(3, [0] * 8 + [bits for bits in range(1, 6) for _ in range(4)])
LENGTHS.append((258, 0))         # which has a symbol of its own
DISTANCES = ranges(1, [0] * 4 + [bits for bits in range(1, 14) for _ in range(2)])


def symbols(table, last):
    """value -> the symbol that stands for it."""
    of = [0] * (last + 1)
    for symbol, (first, bits) in enumerate(table):
        for value in range(first, min(first + (1 << bits), last + 1)):
            of[value] = symbol
    return of


LENGTH_SYMBOL = symbols(LENGTHS, MAX_MATCH)
DISTANCE_SYMBOL = symbols(DISTANCES, WINDOW)


def find_matches(data):
    """For each place its matches, (length, distance): each longer than the one before it, and the
    nearest of its length."""
    seen, matches = {}, []
    for place in range(len(data)):
        key, found, best = data[place:place + MIN_MATCH], [], MIN_MATCH - 1
        earlier = seen.setdefault(key, [])
        for start in earlier[:-CHAIN - 1:-1]:
            if place - start > WINDOW or len(key) < MIN_MATCH:
                break
            limit = min(MAX_MATCH, len(data) - place)
            if best >= limit:
                break
            if data[start + best] != data[place + best]:
                continue
            length = 0
            while length < limit and data[start + length] == data[place + length]:
                length += 1
            if length > best:
                best = length
                found.append((length, place - start))
        earlier.append(place)
        matches.append(found)
    return matches


def code_lengths(counts, limit):
    """Huffman's: the bits of each symbol's code; 0 for one that does not occur."""
    while True:
        lengths = [0] * len(counts)
        heap = [(count, symbol, (symbol,)) for symbol, count in enumerate(counts) if count]
        if len(heap) == 1:
            lengths[heap[0][1]] = 1
        heapq.heapify(heap)
        while len(heap) > 1:
            one, other = heapq.heappop(heap), heapq.heappop(heap)
            below = one[2] + other[2]
            for symbol in below:
                lengths[symbol] += 1
            heapq.heappush(heap, (one[0] + other[0], len(counts) + len(heap), below))
        if max(lengths) <= limit:
            return lengths
        counts = [(count + 1) // 2 for count in counts]


def codes(lengths):
    """symbol -> (code, bits), the first bit of the code being the lowest."""
    code, made = 0, {}
    for bits in range(1, max(lengths, default=0) + 1):
        for symbol, length in enumerate(lengths):
            if length == bits:
                made[symbol] = int(f"{code:0{bits}b}"[::-1], 2), bits
                code += 1
        code <<= 1
    return made


class Block:
    """Tokens with the codes that suit them. A token: (byte, 0), or (length, distance)."""

    def __init__(self, tokens):
        self.tokens = tokens
        literals, distances = [0] * 286, [0] * 30
        for value, distance in tokens:
            if distance:
                literals[257 + LENGTH_SYMBOL[value]] += 1
                distances[DISTANCE_SYMBOL[distance]] += 1
            else:
                literals[value] += 1
        literals[END] = 1
        self.literals, self.distances = code_lengths(literals, 15), code_lengths(distances, 15)
        if not any(self.distances):
            self.distances[0] = 1
        self.head = self._head()
        self.size = sum(bits for _, bits in self.head) + sum(
            count * bits for count, bits in zip(literals, self.literals)) + sum(
            count * bits for count, bits in zip(distances, self.distances)) + sum(
            count * bits for count, (_, bits) in zip(literals[257:], LENGTHS)) + sum(
            count * bits for count, (_, bits) in zip(distances, DISTANCES))

    def _head(self):
        """What tells the codes: (value, bits) each."""
        literals, distances = list(self.literals), list(self.distances)
        for lengths, least in ((literals, 257), (distances, 1)):
            while len(lengths) > least and not lengths[-1]:
                lengths.pop()
        told = []
        for length, group in itertools.groupby(literals + distances):
            told += runs(length, len(list(group)))
        counts = [0] * 19
        for symbol, _, _ in told:
            counts[symbol] += 1
        lengths = code_lengths(counts, 7)
        order = [lengths[symbol] for symbol in CODE_ORDER]
        while len(order) > 4 and not order[-1]:
            order.pop()
        head = [(2, 2), (len(literals) - 257, 5), (len(distances) - 1, 5), (len(order) - 4, 4)]
        head += [(length, 3) for length in order]
        table = codes(lengths)
        for symbol, extra, bits in told:
            head += [table[symbol], (extra, bits)]
        return head

    def pieces(self):
        """All of it as (value, bits) each."""
        literals, distances = codes(self.literals), codes(self.distances)
        yield from self.head
        for value, distance in self.tokens:
            if not distance:
                yield literals[value]
                continue
            for symbol, of, table, number in (
                    (LENGTH_SYMBOL[value], literals, LENGTHS, value),
                    (DISTANCE_SYMBOL[distance], distances, DISTANCES, distance)):
                yield of[symbol + 257 * (of is literals)]
                yield number - table[symbol][0], table[symbol][1]
        yield literals[END]


def runs(length, count):
    """A code length that occurs so often in a row: (symbol, extra, bits) each."""
    if length:
        yield length, 0, 0
        count -= 1
    while count >= 3:
        if not length and count >= 11:
            many = min(count, 138)
            yield 18, many - 11, 7
        else:
            many = min(count, 6 if length else 10)
            yield (16, many - 3, 2) if length else (17, many - 3, 3)
        count -= many
    for _ in range(count):
        yield length, 0, 0


def split(tokens):
    """Blocks: one, or two where the cheapest cut makes less of it, and so on with each."""
    whole, low, high = Block(tokens), 0, len(tokens)
    best, cut = whole.size, None
    while high - low > SAMPLES:
        tried = [low + (high - low) * number // (SAMPLES + 1) for number in range(1, SAMPLES + 1)]
        sizes = [Block(tokens[:place]).size + Block(tokens[place:]).size for place in tried]
        if min(sizes) < best:
            best, cut = min(zip(sizes, tried))
        number = sizes.index(min(sizes))
        low, high = [low, *tried, high][number], [low, *tried, high][number + 2]
    return split(tokens[:cut]) + split(tokens[cut:]) if cut else [whole]


def parse(data, matches, blocks):
    """The cheapest tokens, by the costs that each place had in the blocks before."""
    costs = []
    for block in blocks:
        literals = [bits or 13 for bits in block.literals]
        lengths = [literals[257 + LENGTH_SYMBOL[size]] + LENGTHS[LENGTH_SYMBOL[size]][1]
                   for size in range(MAX_MATCH + 1)]
        distances = [(bits or 9) + more for bits, (_, more) in zip(block.distances, DISTANCES)]
        costs += [(literals, lengths, distances)] * sum(
            value if distance else 1 for value, distance in block.tokens)
    # From the end, so that each place knows the cost of all behind it.
    behind, chosen = [0] * (len(data) + 1), [None] * len(data)
    for place in range(len(data) - 1, -1, -1):
        literals, lengths, distances = costs[place]
        best = literals[data[place]] + behind[place + 1]
        token, size = (data[place], 0), MIN_MATCH
        for length, distance in matches[place]:
            far = distances[DISTANCE_SYMBOL[distance]]
            for size in range(size, length + 1):
                cost = far + lengths[size] + behind[place + size]
                if cost < best:
                    best, token = cost, (size, distance)
            size = length + 1
        behind[place], chosen[place] = best, token
    tokens, place = [], 0
    while place < len(data):
        tokens.append(chosen[place])
        place += chosen[place][0] if chosen[place][1] else 1
    return tokens


def deflate(data):
    """A raw stream of RFC 1951."""
    matches = find_matches(data)
    blocks = split([(byte, 0) for byte in data])
    best = blocks
    for _ in range(ROUNDS):
        blocks = split(parse(data, matches, blocks))
        best = min(best, blocks, key=lambda made: sum(block.size for block in made))
    stream, position = 0, 0
    packed = bytearray()
    for number, block in enumerate(best):
        for value, bits in itertools.chain([(number == len(best) - 1, 1)], block.pieces()):
            stream |= value << position
            position += bits
            while position >= 8:
                packed.append(stream & 255)
                stream >>= 8
                position -= 8
    if position:
        packed.append(stream)
    return bytes(packed)


def gzip(data):
    """A file of gzip's, without a name or a time."""
    head = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff"
    return head + deflate(data) + struct.pack("<II", binascii.crc32(data), len(data) & 0xffffffff)
