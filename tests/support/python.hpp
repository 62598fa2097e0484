// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdlib>
#include <string>

namespace lamina::testing {

/// The command of a Python that has the modules, "numpy, h5py"; "" where there is none.
inline std::string python_with(std::string const& modules) {
    for (std::string const python : {"python3", "/usr/bin/python3"}) {
        std::string const command = python + " -c 'import " + modules + "' > /dev/null 2>&1";
        if (std::system(command.c_str()) == 0) return python;
    }
    return {};
}

} // namespace lamina::testing
