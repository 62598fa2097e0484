// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <ATen/Version.h>
#include <torch/torch.h>

#include <string>

namespace bench {

/// libtorch's version, and the processor's instructions that it uses.
inline std::string about_libtorch() {
    std::string const config = at::show_config(), key = "CPU capability usage: ";
    auto const at = config.find(key);
    return std::string(TORCH_VERSION) + ", CPU capability " +
           (at == config.npos
                ? "unknown"
                : config.substr(at + key.size(), config.find('\n', at) - at - key.size()));
}

} // namespace bench
