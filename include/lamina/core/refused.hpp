// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace lamina {

/// Stands for a network or model that was refused at compile time, and for all that is asked of it
/// afterwards, so that one mistake is one error.
struct Refused {};

} // namespace lamina
