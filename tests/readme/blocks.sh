#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# blocks.sh ROOT OUT FILE.md...: writes each ```cpp block of the files to OUT/<file>_<line>.cpp, as
# something that compiles by itself, and prints a line "<kind> <name>" for it. The kinds, by what
# stands behind ```cpp:
#
#   (nothing)     a whole program, with int main: built and run
#   fragment      statements: compiled in a function, behind `using namespace lamina`
#   declarations  compiled at namespace scope, behind the same
#   error         does not compile; the next ```text block holds the compiler's line
#   from PATH     quotes that file, word for word
#
# Anything else is "wrong": OUT/<name>.txt then says what.
set -eu
root=$1 out=$2
shift 2
mkdir -p "$out"

for file in "$@"; do
    # Blocks, each behind a line "\1LINE INFO"; the text block behind an error goes along, behind
    # "\2". A fence may be indented, as in a list.
    awk '
        /^ *```/ && !inside {
            info = $0
            sub(/^ *```[ ]*/, "", info)
            inside = 1
            language = tolower(info)
            sub(/ .*/, "", language)
            mode = ""
            if (language ~ /^(cpp|c\+\+|cc|cxx|hpp)$/) { print "\001" NR " " info; mode = "code" }
            else if (language == "text" && error) { print "\002"; mode = "text" }
            error = mode == "code" ? info ~ / error$/ : 0
            next
        }
        /^ *```/ { inside = 0; next }
        inside && mode != "" { print }
    ' "$root/$file" > "$out/blocks"

    name=
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
            $'\001'*)
                line=${line#?}
                name=$(tr -c 'A-Za-z0-9\n' _ <<< "${file%.md}")_${line%% *}
                printf '%s\n' "${line#* }" > "$out/$name.info"
                printf '%s\n' "${line%% *}" > "$out/$name.line"
                : > "$out/$name.block"
                : > "$out/$name.text"
                part=block
                echo "$name" >> "$out/names.new" ;;
            $'\002') part=text ;;
            *) printf '%s\n' "$line" >> "$out/$name.$part" ;;
        esac
    done < "$out/blocks"

    [ -e "$out/names.new" ] || continue
    while read -r name; do
        info=$(< "$out/$name.info") line=$(< "$out/$name.line")
        block=$(< "$out/$name.block")
        wrong=
        source=$(
            at="#line $((line + 1)) \"$file\""
            begin='#include <lamina/lamina.hpp>
using namespace lamina;'
            body=$(grep -v '^ *# *include' <<< "$block" || true)
            includes=$(grep '^ *# *include' <<< "$block" || true)
            case $info in
                'cpp fragment' | 'cpp error')
                    if [[ $block == *'int main('* ]]; then
                        printf '%s\n' "$at" "$block"
                    else
                        printf '%s\n' "$includes" "$begin" \
                            '[[maybe_unused]] static void fragment() {' "$at" "$body" '}'
                    fi ;;
                'cpp declarations') printf '%s\n' "$includes" "$begin" "$at" "$body" ;;
                *) printf '%s\n' "$at" "$block" ;;
            esac)
        case $info in
            cpp)
                kind=program
                [[ $block == *'int main('* ]] || wrong="it has no int main: say cpp fragment, \
cpp declarations, cpp error or cpp from PATH (CONTRIBUTING.md)" ;;
            'cpp fragment') kind=fragment ;;
            'cpp declarations') kind=declarations ;;
            'cpp error')
                kind=error
                expect=$(sed -n 's/.*error: //p' "$out/$name.text" | head -n 1)
                [ -n "$expect" ] || wrong="no \`\`\`text block with a line 'error: ...' follows it"
                source="// expect: $expect
#ifdef SHOULD_FAIL
$source
#endif" ;;
            'cpp from '*)
                kind=quote
                path=${info#cpp from }
                if [ ! -f "$root/$path" ]; then
                    wrong="there is no file $path"
                elif [[ $(< "$root/$path") != *"$block"* ]]; then
                    wrong="$path does not say this"
                fi ;;
            *) wrong="what is \`\`\`$info? (CONTRIBUTING.md)" ;;
        esac
        if [ -n "$wrong" ]; then
            kind=wrong
            echo "$file:$line: $wrong" > "$out/$name.txt"
        fi
        # Written only if it changed, so that nothing is compiled again without need.
        printf '%s\n' "$source" | cmp -s - "$out/$name.cpp" ||
            printf '%s\n' "$source" > "$out/$name.cpp"
        echo "$kind $name"
        rm "$out/$name".{info,line,block,text}
    done < "$out/names.new"
    rm "$out/names.new"
done
