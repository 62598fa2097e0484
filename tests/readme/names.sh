#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# names.sh ROOT OUT: docs/from-keras-and-pytorch.md, whose third columns say what things are called
# here. Writes OUT/names.cpp, which compiles if all of them exist, and into OUT/left_out.txt what
# is public, has a header of its own and stands in none of them.
set -eu
root=$1 out=$2
page=$root/docs/from-keras-and-pytorch.md

# Names of types in what stands between backticks, and of what is called or given arguments.
names=$(awk -F'|' '/^\|/ && NF > 5 && $4 !~ /^ *lamina *$|^-+$/ { print $4 }' "$page" |
    grep -o '`[^`]*`' | tr -d '`' | grep -oE '\b[A-Z][A-Za-z0-9]+|\b[a-z][a-z0-9_]*[(<]' |
    tr -d '(<' | sort -u)
{
    echo '#include <lamina/data/byte_pair.hpp>'
    echo '#include <lamina/data/image_folder.hpp>'
    echo '#include <lamina/data/word_piece.hpp>'
    echo '#include <lamina/lamina.hpp>'
    for name in $names; do echo "using lamina::$name;"; done
} > "$out/names.cpp"

# What a header declares in lamina under its own name: conv_2d.hpp declares Conv2D. What is for
# users says where it comes from.
for folder in activations layers losses metrics model/callbacks optimizers optimizers/schedules; do
    for header in $(grep -lE '^/// Source' "$root/include/lamina/$folder"/*.hpp); do
        stem=$(basename "$header" .hpp)
        awk -v stem="${stem//_/}" '
            /^namespace (lamina::)?detail \{/ { inside = 1 }
            /^\} \/\/ namespace (lamina::)?detail/ { inside = 0 }
            !inside && match($0, /^(struct|class|using) +[A-Za-z0-9]+/) {
                split(substr($0, RSTART, RLENGTH), word, / +/)
                if (tolower(word[2]) == stem) { print word[2]; exit }
            }' "$header"
    done
done | sort -u | comm -23 - <(echo "$names") > "$out/left_out.txt"
