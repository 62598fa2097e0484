# SPDX-License-Identifier: BSD-3-Clause
"""compare.py VERDICTS [COUNT]: makes COUNT files (100,000 unless said), most of them a little
wrong, and compares what lamina (the program VERDICTS) and the safetensors library make of each:
lamina must read nothing that the library refuses, and the same tensors where both read."""
import random
import struct
import subprocess
import sys
import tempfile

import safetensors

SIZES = {'F64': 8, 'F32': 4, 'F16': 2, 'BF16': 2, 'I64': 8, 'I32': 4, 'I16': 2, 'I8': 1, 'U8': 1,
         'U16': 2, 'U32': 4, 'U64': 8, 'BOOL': 1}
draw = random.Random(7)
pick = draw.choice


def name():
    return pick(['a', 'b', 'dense/kernel', 'caf\\u00e9', 'caf\u00e9', '', '\\u0000', '../x', '\\/',
                 '\\ud83d\\ude00', '\\ud800', 'x' * 300, '__metadata__', 'a\\"b'])


def number(value):
    if draw.random() < 0.97:
        return str(value)
    return pick(['-1', '1.0', '1e0', '"1"', 'null', '01', '18446744073709551615', '4294967296',
                 '18446744073709551616', '9223372036854775808', '+1', '', '[]', 'true'])


def tensor(begin):
    """The text of a tensor that begins there, and where it ends."""
    dtype = pick(list(SIZES))
    rank = 17 if draw.random() < 0.003 else pick([0, 1, 1, 2, 2, 3])
    shape = [pick([0, 1, 1, 2, 3]) for _ in range(rank)]
    end = begin
    size = SIZES[dtype]
    for d in shape:
        size *= d
    end += size
    if draw.random() < 0.03:
        begin += pick([-4, -1, 1, 4])
    if draw.random() < 0.03:
        end += pick([-4, -1, 1, 4])
    if draw.random() < 0.02:
        dtype = pick(['F33', 'f32', 'F8_E4M3', 'F8_E5M2', 'C64', ''])
    fields = ['"dtype":"%s"' % dtype, '"shape":[%s]' % ','.join(number(d) for d in shape),
              '"data_offsets":[%s,%s]' % (number(begin), number(end))]
    if draw.random() < 0.2:
        draw.shuffle(fields)
    if draw.random() < 0.02:
        fields.pop()
    if draw.random() < 0.02:
        fields.append(pick(fields + ['"more":1']))
    return '{%s}' % pick([',', ', ', ' ,\n\t']).join(fields), end


def file():
    end, members = 0, []
    for _ in range(pick([0, 1, 1, 2, 3, 4])):
        text, end = tensor(end)
        members.append('"%s":%s' % (name(), text))
    if draw.random() < 0.3:
        text = pick(['{}', '{"format":"pt"}', '{"a":"\\u00e9\\n"}', '[]', 'null', '{"a":1}',
                     '{"a":"b","a":"c"}', '{"a":null}'])
        members.append('"__metadata__":' + text)
    if draw.random() < 0.5:
        draw.shuffle(members)
    header = '{' + ','.join(members) + '}'
    if draw.random() < 0.1:
        header = pick([' ', '\n']) + header
    if draw.random() < 0.2:
        header += pick([' ', '   ', '\n', 'x', '\0', ',', '\0' * 20, '\0{}'])
    raw = header.encode()
    length = len(raw)
    if draw.random() < 0.02:
        length += pick([-1, 1, 8, 1 << 32, 1 << 63, -length])
    if draw.random() < 0.03:
        end = max(0, end + pick([-1, 1, 4]))
    data = bytes(draw.randrange(256) for _ in range(end))
    out = bytearray(struct.pack('<Q', length & (1 << 64) - 1) + raw + data)
    if draw.random() < 0.3:                         # some bytes changed, left out, or doubled
        for _ in range(pick([1, 1, 2, 5])):
            at = draw.randrange(len(out))
            what = draw.randrange(4)
            if what == 0:
                out[at] ^= 1 << draw.randrange(8)
            elif what == 1:
                out[at] = draw.randrange(256)
            elif what == 2:
                del out[at]
            else:
                out[at:at] = out[at:at + 1]
            if not out:
                break
    return bytes(out)


def theirs(raw):
    try:
        tensors = safetensors.deserialize(raw)
    except Exception:                               # pylint: disable=broad-except
        return 'refused'
    return ';'.join(['read'] + sorted(
        '%s %s %s %s' % (n.encode().hex(), t['dtype'], ''.join('%d,' % d for d in t['shape']),
                         bytes(t['data']).hex()) for n, t in tensors))


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100000
    files = [file() for _ in range(count)]
    with tempfile.TemporaryFile() as corpus:
        for raw in files:
            corpus.write(struct.pack('<I', len(raw)) + raw)
        corpus.seek(0)
        ours = subprocess.run([sys.argv[1]], stdin=corpus, stdout=subprocess.PIPE, check=True)
    both = neither = stricter = wrong = 0
    for raw, mine in zip(files, ours.stdout.decode().splitlines(), strict=True):
        reference = theirs(raw)
        if mine == reference:
            both += mine != 'refused'
            neither += mine == 'refused'
        elif mine == 'refused':
            stricter += 1
        else:
            wrong += 1
            if wrong < 10:
                print('lamina reads', raw, '\n ', mine[:200], '\n ', reference[:200])
    print('%d files: %d read alike, %d refused by both, %d refused by lamina alone, %d WRONG'
          % (count, both, neither, stricter, wrong))
    sys.exit(wrong > 0 or both < count // 10 or neither < count // 10)


main()
