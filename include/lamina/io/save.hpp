// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/io/format.hpp>
#include <lamina/io/model_document.hpp>
#include <lamina/model/refused_model.hpp>

#include <string>
#include <type_traits>

namespace lamina {

// The formats at hand where it is written: see io/format.hpp.
#define LAMINA_FORMATS_OF(Model)                                                \
    detail::FormatList<decltype(format_at(detail::FormatSlot<0, Model>{})),     \
                       decltype(format_at(detail::FormatSlot<1, Model>{})),     \
                       decltype(format_at(detail::FormatSlot<2, Model>{})),     \
                       decltype(format_at(detail::FormatSlot<3, Model>{}))>

/// Saves a model, or weights alone, in the format that the path's suffix says: `.safetensors`
/// (include lamina/io/safetensors.hpp) or `.h5`, which Keras opens (lamina/io/keras_hdf5.hpp). The
/// file holds the weights, the state, the optimizer's state, how far training has come and how the
/// data was scaled: a run goes on from it bit for bit. It is written whole or not at all, and lasts
/// through a power loss.
///
/// Errors      (run time) Kind::file: it cannot be saved, and the previous file is untouched;
///             Kind::argument: the suffix is not known, or its header is not included
template <class Model, class Formats = LAMINA_FORMATS_OF(Model)>
void save(Model const& model, std::string const& path, SaveOptions const& options = {}) {
    detail::save_document(Formats{}, detail::document_of(model), path, options);
}

/// Loads into a model what a file holds for it. The file is compared with the model first; every
/// difference is said at once, and nothing is changed unless all fits. Options, the learning rate
/// among them, are those of the program.
///
/// Errors      (run time) Kind::file: it cannot be read; Kind::data: it is damaged or does not fit;
///             Kind::numeric: it holds NaN or infinity
template <class Model, class Formats = LAMINA_FORMATS_OF(Model)>
void load(Model& model, std::string const& path, LoadOptions const& options = {}) {
    Document const document = detail::document_of(model);
    Loaded loaded = detail::load_document(Formats{}, document, path, options);
    detail::assign(model, document, loaded);
}

template <std::size_t Metrics>
void save(RefusedModel<Metrics> const&, std::string const&, SaveOptions const& = {}) {}
template <std::size_t Metrics>
void load(RefusedModel<Metrics>&, std::string const&, LoadOptions const& = {}) {}

} // namespace lamina
