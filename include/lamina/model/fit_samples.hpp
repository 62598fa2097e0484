// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/core/message.hpp>
#include <lamina/model/batches.hpp>
#include <lamina/model/columns.hpp>
#include <lamina/model/fit_options.hpp>
#include <lamina/model/sample_weights.hpp>

#include <cstddef>

namespace lamina::detail {

void check_some(Samples const& samples, char const* where);
/// Of a run that is validated on other batches: refuses what is given besides.
void refuse_validation(FitOptions const& options);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE void check_some(Samples const& samples, char const* where) {
    if (samples.count == 0) refuse(where, {"there is no sample."});
}
/// Whether a validation_split is given, be it one that makes no sense.
[[gnu::cold]] inline bool splits(FitOptions const& options) {
    return is_nan(options.validation_split) || options.validation_split != 0;
}
[[gnu::cold]] inline bool has_data(Validation const& validation) {
    return !validation.x.empty() || !validation.y.empty();
}
[[gnu::cold]] LAMINA_INLINE void refuse_validation(FitOptions const& options) {
    char const* const option = splits(options)                     ? "validation_split"
                               : has_data(options.validation_data) ? "validation_data"
                                                                   : nullptr;
    if (option)
        refuse("fit", {option, " is given beside other batches to validate on. Give one of them."});
}

#endif

/// The samples of one call of fit: to train on, and to validate on.
template <class T>
class FitSamples {
public:
    using Ignored = typename BoundSamples<T>::Ignored;

    FitSamples(DataForm const& form, Ignored const* ignored, Arrays const& x, Arrays const& y,
               FitOptions const& options);
    ~FitSamples();
    FitSamples(FitSamples const&) = delete;
    FitSamples& operator=(FitSamples const&) = delete;
    /// The validation data alone, of a run on batches.
    FitSamples(DataForm const& form, Ignored const* ignored, FitOptions const& options);

    Source& train() { return train_; }
    /// Null: there are none.
    Source* held() { return held_; }

private:
    bool bind_validation(DataForm const& form, Ignored const* ignored, FitOptions const& options);

    BoundSamples<T> given_, validation_;
    Samples train_, split_;
    Block<T> split_weights_;
    Source* held_ = nullptr;
};

#if LAMINA_BODIES

template <class T>
[[gnu::cold]] FitSamples<T>::FitSamples(DataForm const& form, Ignored const* ignored,
                                        Arrays const& x, Arrays const& y,
                                        FitOptions const& options) {
    given_.bind("fit", form, ignored, x, y, options.sample_weight, options.class_weight);
    std::size_t const n = given_.samples.count;
    std::size_t at = n;
    if (bind_validation(form, ignored, options)) {
        if (splits(options))
            refuse("fit", {"validation_split is given beside validation_data. Give one of them."});
    } else if (splits(options)) {
        at = training_samples(n, options.validation_split);
        split_.look_at(given_.samples, at, n);
        if (!options.class_weight.empty()) { // they are for training alone
            split_.weights = weigh_samples<T>(options.sample_weight, {}, form.targets, nullptr, n,
                                              "fit", split_weights_, ignored[0]);
            split_.column[split_.columns] = {split_weights_.data() + at * split_.weights,
                                             split_.weights * sizeof(T)};
        }
        if (at < n) held_ = &split_;
    }
    train_.look_at(given_.samples, 0, at);
    if (at == 0) refuse("fit", {"there is no sample to train on."});
}
template <class T>
[[gnu::cold]] FitSamples<T>::FitSamples(DataForm const& form, Ignored const* ignored,
                                        FitOptions const& options) {
    if (splits(options))
        refuse("fit", {"validation_split is for samples in arrays, not for batches. Give "
                       "validation_data, or other batches: fit(batches, validation)."});
    bind_validation(form, ignored, options);
}
template <class T>
[[gnu::cold]] FitSamples<T>::~FitSamples() = default;
template <class T>
[[gnu::cold]] bool FitSamples<T>::bind_validation(DataForm const& form, Ignored const* ignored,
                                                  FitOptions const& options) {
    if (!has_data(options.validation_data)) return false;
    validation_.bind("fit: validation_data", form, ignored, options.validation_data.x,
                     options.validation_data.y, options.validation_data.sample_weight);
    check_some(validation_.samples, "fit: validation_data");
    held_ = &validation_.samples;
    return true;
}

#endif

#ifdef LAMINA_SOURCE
template class FitSamples<float>;
template class FitSamples<double>;
#elif !LAMINA_BODIES
extern template class FitSamples<float>;
extern template class FitSamples<double>;
#endif

} // namespace lamina::detail
