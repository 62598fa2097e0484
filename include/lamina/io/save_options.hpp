// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

namespace lamina {

/// Whose names and layouts the tensors of a .safetensors file have.
enum class Names {
    lamina, ///< "dense_1/kernel", as save() writes them
    torch   ///< a PyTorch state_dict: "2.weight" with its axes exchanged, "3.running_mean"
};

/// A text that travels with a model: {"tokenizer", tokenizer.to_json()}.
struct Attachment {
    std::string name, text;
};

/// What goes into a file beside the weights, and how it is called.
struct SaveOptions {
    bool optimizer = true;       ///< its state and how far training has come, to go on from there
    Names names = Names::lamina; ///< torch: weights and state alone, for load_state_dict
    std::vector<Attachment> attachments{}; ///< what read_attachment() finds again
};

/// What is taken from a file, and what it must be like.
struct LoadOptions {
    bool optimizer = true;      ///< take the optimizer's state and the progress, if it has them
    bool require_finite = true; ///< refuse weights with NaN or infinity
    bool allow_extra = false;   ///< leave tensors aside that the model does not have
    bool allow_missing = false; ///< keep the model's numbers where the file has none
    Names names = Names::lamina;
};

} // namespace lamina
