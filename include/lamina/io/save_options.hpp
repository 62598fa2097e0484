// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace lamina {

/// What goes into a file beside the weights.
struct SaveOptions {
    bool optimizer = true;   ///< its state and how far training has come, to go on from there
};

/// Whose names and layouts the tensors of a .safetensors file have.
enum class Names {
    lamina,   ///< "dense_1/kernel", as save() writes them
    torch     ///< a PyTorch state_dict: "2.weight" with its axes exchanged, "3.running_mean"
};

/// What is taken from a file, and what it must be like.
struct LoadOptions {
    bool optimizer = true;        ///< take the optimizer's state and the progress, if it has them
    bool require_finite = true;   ///< refuse weights with NaN or infinity
    bool allow_extra = false;     ///< leave tensors aside that the model does not have
    bool allow_missing = false;   ///< keep the model's numbers where the file has none
    Names names = Names::lamina;
};

} // namespace lamina
