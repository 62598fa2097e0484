#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# planted.sh CHECK_FLOORS: the check accepts a small house that keeps the rules, and finds each
# violation that is planted in it.
set -eu
check=$1
house=$(mktemp -d)
trap 'rm -rf "$house"' EXIT
failures=0

# put FILE LINE...: a header or source with the SPDX line, #pragma once and the lines.
put() {
    mkdir -p "$house/$(dirname "$1")"
    printf '%s\n' '// SPDX-License-Identifier: BSD-3-Clause' '#pragma once' "${@:2}" > "$house/$1"
}
clean() {
    rm -rf "${house:?}"/*
    put include/lamina/lamina.hpp '#include <lamina/layers/dense.hpp>' \
        '#include <lamina/data/table.hpp>' '#include <lamina/model/model.hpp>'
    put include/lamina/core/shape.hpp '#include <vector>' '#include <unistd.h>'
    put include/lamina/core/tensor.hpp '#include <xtensor/xtensor.hpp>'
    put include/lamina/kernels/gemm.hpp '#include <xsimd/xsimd.hpp>'
    put include/lamina/kernels/reference.hpp
    put include/lamina/layers/dense.hpp '#include <lamina/kernels/gemm.hpp>' \
        '#include <lamina/activations/relu.hpp>'
    put include/lamina/activations/relu.hpp '#include <lamina/core/shape.hpp>'
    put include/lamina/data/table.hpp '#include <lamina/core/tensor.hpp>'
    put include/lamina/model/model.hpp '#include <lamina/data/table.hpp>'
    put include/lamina/io/keras_hdf5.hpp '#include <hdf5.h>' '#include <lamina/io/names.hpp>'
    put include/lamina/io/names.hpp '#include <lamina/model/model.hpp>' \
        '#include <lamina/data/words.hpp>'
    put include/lamina/data/words.hpp '#include <vector>'
    mkdir -p "$house/cmake/components"
    printf '%s\n' '# SPDX-License-Identifier: BSD-3-Clause' \
        'set(lamina_hdf5_headers io/hdf5.hpp io/keras_hdf5.hpp)' > "$house/cmake/components/hdf5.cmake"
}
# planted TEXT FILE LINE...: with FILE so, the check fails and says TEXT.
planted() {
    clean
    put "${@:2}"
    if said=$("$check" "$house"); then
        echo "accepted: $2: ${*:3}"
        failures=$((failures + 1))
    elif [[ $said != *"$1"* ]]; then
        printf 'expected: %s\nsaid:     %s\n' "$1" "$said"
        failures=$((failures + 1))
    fi
}

clean
"$check" "$house" || { echo "refused a house that keeps the rules"; exit 1; }

inc=include/lamina
long=$(printf 'x%.0s' {1..101})
planted "a locale would change what this does" $inc/core/shape.hpp 'double x = std::strtod(a, &b);'
planted "a locale would change what this does" $inc/data/table.hpp '#include <sstream>'
planted "a locale would change what this does" $inc/data/words.hpp 'if (tolower(c) == d) {}'
for code in 'std::size_t n = rows * columns;' 'n *= width;' 'if (offset + length > size) {' \
    'std::size_t const bytes = count * 8;'; do
    planted "multiplied and added by core/checked.hpp" $inc/io/hdf5_reader.hpp "$code"
done
planted "what is read is data" $inc/io/names.hpp '    std::system(text.c_str());'
planted "what is read is data" $inc/data/words.hpp 'void* const p = ::mmap(nullptr, n, 1, 2, 3, 0);'
planted "floor core may not include floor kernels" $inc/core/shape.hpp \
    '#include <lamina/kernels/gemm.hpp>'
planted "floor activations may not include floor model" $inc/activations/relu.hpp \
    '#include <lamina/model/model.hpp>'
planted "floor model may not include floor io" $inc/model/model.hpp \
    '#include <lamina/data/table.hpp>' '  #  include  <lamina/io/keras_hdf5.hpp>'
planted "floor layers may not include floor data" $inc/layers/dense.hpp \
    '#include <lamina/data/table.hpp>'
planted "data stands on core alone, it may not include kernels" $inc/data/table.hpp \
    '#include <lamina/kernels/gemm.hpp>'
planted "there is no floor attic" $inc/attic/box.hpp
planted "headers are included as <lamina/...>" $inc/core/shape.hpp '#include "tensor.hpp"'
planted "xsimd is included by kernels/ alone" $inc/core/shape.hpp '#include <xsimd/xsimd.hpp>'
planted "xtensor is included by core/tensor.hpp alone" $inc/core/shape.hpp \
    '#include <xtensor/xtensor.hpp>'
planted "xtensor is included by core/tensor.hpp alone" $inc/core/shape.hpp \
    '#include <xtl/xsequence.hpp>'
planted "<hdf5.h> is of a library that only an optional header may include" \
    $inc/core/shape.hpp '#include <hdf5.h>'
planted "<nlohmann/json.hpp> is of a library" $inc/model/model.hpp '#include <nlohmann/json.hpp>'
planted "<iostream> is too heavy" $inc/core/shape.hpp '#include <iostream>'
planted "lost.hpp: lamina.hpp does not include it" $inc/core/lost.hpp
planted "lost.hpp: lamina.hpp does not include it" $inc/io/lost.hpp
planted "it is optional, and lamina.hpp includes it" $inc/lamina.hpp \
    '#include <lamina/io/keras_hdf5.hpp>'
planted "101 columns, 100 are allowed" $inc/core/shape.hpp "// ${long:3}"
planted "101 columns, 100 are allowed" tests/core/shape_test.cpp "// ${long:3}"
mapfile -t lines < <(yes '//' | head -n 299)
planted "shape.hpp: 301 lines, 300 are allowed" $inc/core/shape.hpp "${lines[@]}"
planted "a tab" $inc/core/shape.hpp $'int\tx;'
planted "space at the end of the line" $inc/core/shape.hpp 'int x; '
planted "a TEST_CASE in a header" tests/support/check.hpp 'TEST_CASE("x") {}'

clean; echo 'int x;' > "$house/$inc/core/shape.hpp"
said=$("$check" "$house") && { echo "accepted a header without SPDX line"; failures=1; }
[[ $said == *"SPDX-License-Identifier"* && $said == *"no #pragma once"* ]] ||
    { echo "said: $said"; failures=1; }

# A hundred characters of two bytes each are a hundred columns.
clean; put $inc/core/shape.hpp "// $(printf 'é%.0s' {1..97})"
"$check" "$house" || failures=1

exit $((failures != 0))
