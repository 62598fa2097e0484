# SPDX-License-Identifier: BSD-3-Clause
# awk -f compile-mistakes.awk FILE... OUTPUT: a compiler read the FILEs together, each with its
# mistake, and said OUTPUT. Prints those for which it gave the announced error: each error must be
# one that a file announces, once for each, and stand soon behind what leads to it. Otherwise
# nothing is printed, and each file must be asked alone.
FILENAME != ARGV[ARGC - 1] {
    if (FNR == 1 && /^\/\/ expect: ./) expect[FILENAME] = substr($0, length("// expect: ") + 1)
    next
}
/ warning: |#pragma message/ { unclear = 1 }
/^In file included from |^ +from |: (In|At) |:   (recursively )?(required|in )/ { ++leads; next }
/ error: / {
    longest = 0
    for (file in expect)
        if (!(file in right) && index($0, expect[file]) && length(expect[file]) > longest) {
            longest = length(expect[file])
            best = file
        }
    if (longest && leads <= 20) right[best] = 1
    else unclear = 1
}
{ leads = 0 }
END {
    for (i = 1; i < ARGC - 1; ++i)
        if (!unclear && ARGV[i] in right) print ARGV[i]
}
