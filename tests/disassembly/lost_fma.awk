# SPDX-License-Identifier: BSD-3-Clause
# Reads objdump -d --no-show-raw-insn. Says how many multiply-adds there are in the innermost loops,
# and each product that is added there in an instruction of its own: a multiply-add that the compiler
# has lost. Fails if there is one, or if there are fewer than `least` multiply-adds.
function number(hex,    n, i) {
    n = 0
    for (i = 1; i <= length(hex); ++i) n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
    return n
}
function look(from, to,    i, j, n, line, part, source, target, product) {
    for (i = from; i <= to; ++i) {
        if (name[i] ~ /^vfn?m(add|sub)[0-9]+p[sd]$/) ++fused
        if (name[i] !~ /^v/) continue
        line = text[i]
        gsub(/%[xyz]mm/, "%v", line)
        n = split(line, part, ",")
        target = part[n]
        gsub(/[ \t]|{.*/, "", target)
        if (name[i] ~ /^v(add|sub)p[sd]$/)
            for (j = 1; j < n; ++j) {
                source = part[j]
                sub(/^.*[ \t]/, "", source)
                if (source in product) {
                    ++lost
                    print where ":\n" product[source] "\n" text[i]
                }
            }
        delete product[target]
        if (name[i] ~ /^vmulp[sd]$/) product[target] = text[i]
    }
}
function finish(    i, j, start, inner) {   # the loops of a function: jumps back, none within
    for (i = 1; i <= count; ++i) {
        if (name[i] !~ /^j/ || goal[i] == "" || goal[i] > address[i] || !(goal[i] in at)) continue
        start = at[goal[i]]
        inner = 0
        for (j = start; j < i; ++j)
            if (name[j] ~ /^j/ && goal[j] != "" && goal[j] <= address[j] && goal[j] >= goal[i])
                inner = 1
        if (!inner) look(start, i)
    }
    count = 0
    split("", at)
}
/^[0-9a-f]+ <.*>:$/ { finish(); where = $2 }
$1 ~ /^[0-9a-f]+:$/ {
    ++count
    text[count] = $0
    name[count] = $2
    address[count] = number(substr($1, 1, length($1) - 1))
    at[address[count]] = count
    goal[count] = $2 ~ /^j/ && $3 ~ /^[0-9a-f]+$/ ? number($3) : ""
}
END {
    finish()
    print fused + 0, "multiply-adds in the innermost loops,", lost + 0, "lost"
    exit lost > 0 || fused < least
}
