#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# suite.sh KERNELS REPORT PEERS: a suite's program leaves out whose result is wrong and says so; its
# rows, and what the report makes of them and of those of other suites.
set -eu
kernels=$1 report=$2 peers=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0
expect() {
    printf '%s' "$2" | grep -q -e "$3" || { echo "$1: no '$3' in: $2"; failures=1; }
}
refuse() {
    ! printf '%s' "$2" | grep -q -e "$3" || { echo "$1: '$3' in: $2"; failures=1; }
}

status=0
said=$("$kernels" --quick --threads 1 --only "exp 4000" --peers "$peers" \
    --out "$dir/kernels.json" 2>&1) || status=$?
[ $status -eq 1 ] || { echo "status $status of a run with wrong results"; failures=1; }
expect said "$said" 'FAILED: exp 4000, wrong: number 3999'
expect said "$said" 'FAILED: exp 4000, idle: number'
expect said "$said" '2 results were wrong'
row=$(grep '"case"' "$dir/kernels.json")
expect row "$row" '"suite": "kernels", "case": "exp 4000", "threads": 1, "unit": "10^9/s"'
expect row "$row" '"better": "higher", "lamina": [0-9]'
expect row "$row" '"peers": {"right \\"quoted\\"": [0-9.]*, "slow": 4e-06}'
expect row "$row" '"best_peer": "right \\"quoted\\"", "ratio": [0-9]'
for name in wrong idle unable; do refuse row "$row" "\"$name\""; done

# rows FILE SUITE PARTIAL CASE=VALUE...
rows() {
    local file=$dir/$1 suite=$2 partial=$3 one comma=
    shift 3
    printf '{"suite": "%s", "partial": %s, "machine": {"cpu": "of %s", "peers": {"p": "1"}}, "rows": [' \
        "$suite" "$partial" "$suite" > "$file"
    for one in "$@"; do
        printf '%s{"suite": "%s", "case": "%s", "threads": 1, "unit": "ms", "better": "lower", ' \
            "$comma" "$suite" "${one%=*}" >> "$file"
        printf '"lamina": %s, "peers": {"p": 4}, "best_peer": "p", "ratio": 2}' "${one#*=}" >> "$file"
        comma=,
    done
    echo ']}' >> "$file"
}
cases() { sed -n 's/.*"suite":"\([a-z]*\)","case":"\([a-z]*\)".*"lamina":\([0-9]*\).*/\1 \2 \3/p' \
    "$dir/results.json" | tr '\n' ';'; }
same() { [ "$2" = "$3" ] || { echo "$1: $2 is not $3"; failures=1; }; }

rows a train false one=1 two=2
rows b infer false one=3
rows c train false two=5 three=6
rows d train true three=7 four=8
"$report" "$dir/results.json" "$dir/a" "$dir/b" > "$dir/out"
same "two suites" "$(cases)" "train one 1;train two 2;infer one 3;"
"$report" "$dir/results.json" "$dir/c" > "$dir/out"
same "a suite again" "$(cases)" "infer one 3;train two 5;train three 6;"
"$report" "$dir/results.json" "$dir/d" > "$dir/out"
same "a part of it" "$(cases)" "infer one 3;train two 5;train three 7;train four 8;"
expect table "$(cat "$dir/out")" 'four  *ms  *8.00  *2.00  *4.00'
expect table "$(cat "$dir/out")" 'Geometric mean of the ratios: 2.00; the smallest: 2.00'
expect markdown "$("$report" "$dir/results.json" --markdown)" '| four | ms | 8.00 | 2.00 | \*\*4.00\*\* |'
"$report" "$dir/results.json" --pictures "$dir" > "$dir/out"
same pictures "$(sed 's,.*/,,' "$dir/out" | tr '\n' ' ')" "train_ratio_1.gnuplot infer_ratio_1.gnuplot "
exit $failures
