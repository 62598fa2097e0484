// SPDX-License-Identifier: BSD-3-Clause
//
// For scripts/check-tokenizers: HuggingFace's tokenizers read what lamina wrote, must make the same
// of the same texts, and write it again in their own words.
//
//     node read_tokenizers.cjs FOLDER
const fs = require('fs'), path = require('path');
const {bertNormalizer, bertPreTokenizer, Tokenizer} = require('tokenizers');

const folder = process.argv[2], out = path.join(folder, 'huggingface');
fs.mkdirSync(out, {recursive: true});

// What the decode of its transformers library does behind the tokenizers' own, for WordPiece.
const endings = [[' .', '.'], [' ?', '?'], [' !', '!'], [' ,', ','], [" ' ", "'"], [" n't", "n't"],
                 [" 'm", "'m"], [" 's", "'s"], [" 've", "'ve"], [" 're", "'re"]];
const clean = text => endings.reduce((t, [from, to]) => t.replaceAll(from, to), text);

// Its tables of characters are years behind Unicode: punctuation and accents that came since are none
// there.
const words = bertPreTokenizer(), accents = bertNormalizer({stripAccents: true}), known = new Map();
function isNewer(c) {
    if (!known.has(c))
        known.set(c, /\p{P}/u.test(c) && words.preTokenizeString('a' + c + 'a').length === 1 ||
                         /\p{Mn}/u.test(c) && accents.normalizeString(c) !== '');
    return known.get(c);
}

async function compare(name) {
    const tokenizer = Tokenizer.fromFile(path.join(folder, name + '.json'));
    const cases = JSON.parse(fs.readFileSync(path.join(folder, name + '.cases')));
    tokenizer.save(path.join(out, name + '.json'));
    let wrong = 0, left = 0;
    const differ = (what, c, found, wanted) => {
        if (JSON.stringify(found) === JSON.stringify(wanted)) return;
        if (++wrong < 4)
            console.log(`  ${what} of ${JSON.stringify(c.text)} | ${JSON.stringify(c.second)} (${c.max_length}): ` +
                        `lamina ${JSON.stringify(wanted)}, HuggingFace ${JSON.stringify(found)}`);
    };
    for (const c of cases) {
        if (c.segments && [...c.text + c.second].some(isNewer)) {
            ++left;
            continue;
        }
        if (c.max_length) tokenizer.setTruncation(c.max_length, {strategy: 'LongestFirst'});
        const e = await tokenizer.encode(c.text, c.second || null);
        differ('ids', c, e.getIds(), c.ids);
        if (c.segments) differ('segments', c, e.getTypeIds(), c.segments);
        if (!c.ids.length) continue;
        const decoded = await tokenizer.decode(c.ids, true);
        differ('decoded', c, c.segments ? clean(decoded) : decoded, c.decoded);
    }
    console.log(`${name}: ${cases.length} texts, ${left} left out, ${wrong} differ`);
    return wrong;
}

(async () => {
    let wrong = 0;
    const names = fs.readdirSync(folder).filter(f => f.endsWith('.cases')).map(f => f.slice(0, -6));
    for (const name of names) wrong += await compare(name);
    process.exit(wrong > 0 || names.length === 0 ? 1 : 0);
})();
