// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/io/format.hpp>
#include <lamina/io/model_view.hpp>
#include <lamina/io/save_options.hpp>
#include <lamina/model/refused_model.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace lamina {

/// Saves a model, or weights alone, in the format that the path's suffix says: `.safetensors`
/// (include lamina/io/safetensors.hpp), or `.keras`, `.h5` and `.weights.h5`, which Keras opens
/// (lamina/io/keras_hdf5.hpp). The file holds the weights, the state, the optimizer's state, how
/// far training has come and how the data was scaled: a run goes on from it bit for bit. It is
/// written whole or not at all, and lasts through a power loss.
///
/// Errors      (run time) Kind::file: it cannot be saved, and the previous file is untouched;
///             Kind::argument: the suffix is not known, or its header is not included
template <class Model, class Formats = LAMINA_FORMATS_OF(Model)>
void save(Model const& model, std::string const& path, SaveOptions const& options = {}) {
    auto const parts = detail::parts_of(model);
    detail::save_view(Formats{}, detail::view_of(model, parts.data()), path, options);
}

/// Loads into a model what a file holds for it. The file is compared with the model first; every
/// difference is said at once, and nothing is changed unless all fits. Options, the learning rate
/// among them, are those of the program.
///
/// Errors      (run time) Kind::file: it cannot be read; Kind::data: it is damaged or does not fit;
///             Kind::numeric: it holds NaN or infinity
template <class Model, class Formats = LAMINA_FORMATS_OF(Model)>
void load(Model& model, std::string const& path, LoadOptions const& options = {}) {
    auto const parts = detail::parts_of(model);
    detail::load_view(Formats{}, detail::view_of(model, parts.data()), detail::target_of(model),
                      path, options);
}

/// A text that was saved with a model:
///
///     save(model, "model.safetensors", {.attachments = {{"tokenizer", tokenizer.to_json()}}});
///     auto const tokenizer = Tokenizer::from_json(read_attachment("model.safetensors",
///     "tokenizer"));
///
/// Errors      (run time) Kind::file: the file cannot be read; Kind::data: it is damaged, or has no
///             attachment of that name
template <class Text = std::string_view, class Formats = LAMINA_FORMATS_OF(Text)>
std::string read_attachment(std::string const& path, std::string_view name) {
    return detail::read_attachment_of(Formats{}, path, Text(name));
}

template <std::size_t Metrics>
void save(RefusedModel<Metrics> const&, std::string const&, SaveOptions const& = {}) {}
template <std::size_t Metrics>
void load(RefusedModel<Metrics>&, std::string const&, LoadOptions const& = {}) {}
template <IsRefused N>
void save(Weights<N> const&, std::string const&, SaveOptions const& = {}) {}
template <IsRefused N>
void load(Weights<N>&, std::string const&, LoadOptions const& = {}) {}

} // namespace lamina
