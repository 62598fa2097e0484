// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/model/batches.hpp>
#include <lamina/model/fit_options.hpp>
#include <lamina/model/history.hpp>
#include <lamina/model/training_log.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lamina::detail {

/// "loss", the metrics; with validation the same once more after "val_". Repeated names are
/// numbered.
std::vector<std::string> log_names(Span<std::string_view const> metrics, bool validation);

/// Looks at batches without learning: what validation and evaluate() do.
class BatchEvaluator {
public:
    /// The loss of a batch; the metrics take note.
    virtual double evaluate(BatchView const& batch) = 0;
    /// The values of the metrics that are a single number.
    virtual void read(LogValue* to) const = 0;
    /// The metrics begin anew.
    virtual void reset() = 0;

protected:
    ~BatchEvaluator() = default;
};

/// The mean loss of all of a source's samples; 0 without any.
struct Evaluation {
    double loss = 0;
    std::size_t samples = 0, batches = 0;
};
Evaluation evaluate_batches(Source& source, std::size_t batch_size, BatchEvaluator& by);
/// The same with evaluate's log.
double evaluate(Source& source, EvaluateOptions const& options, BatchEvaluator& by,
                Span<std::string_view const> metrics);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE std::vector<std::string> log_names(Span<std::string_view const> metrics,
                                                               bool validation) {
    std::vector<std::string> names(1 + metrics.size());
    names[0] = "loss";
    for (std::size_t m = 0; m < metrics.size(); ++m) {
        std::size_t same = 0;
        for (std::size_t k = 0; k < m; ++k) same += metrics[k] == metrics[m];
        names[m + 1] = metrics[m];
        if (same) names[m + 1] = message({metrics[m], "_", same});
    }
    std::size_t const n = names.size();
    if (validation) names.resize(2 * n);
    for (std::size_t i = n; i < names.size(); ++i) names[i] = message({"val_", names[i - n]});
    return names;
}

LAMINA_INLINE Evaluation evaluate_batches(Source& source, std::size_t batch_size,
                                          BatchEvaluator& by) {
    Evaluation all;
    source.begin_epoch(0, batch_size, false, {});
    for (BatchView batch{}; source.next(batch); ++all.batches) {
        all.loss += by.evaluate(batch) * double(batch.size);
        all.samples += batch.size;
    }
    if (all.samples > 0) all.loss /= double(all.samples);
    return all;
}

[[gnu::cold]] LAMINA_INLINE double evaluate(Source& source, EvaluateOptions const& options,
                                            BatchEvaluator& by,
                                            Span<std::string_view const> metrics) {
    TrainingLog log(options.log, options.verbose);
    log.begin(0, 0, source.batches(options.batch_size));
    Evaluation const all = evaluate_batches(source, options.batch_size, by);
    if (all.samples == 0) refuse("evaluate", {"there is no sample."});
    if (options.verbose) {
        auto const names = log_names(metrics, false);
        std::vector<LogValue> values(names.size());
        by.read(values.data() + 1);
        values[0].value = all.loss;
        for (std::size_t i = 0; i < names.size(); ++i) values[i].name = names[i];
        log.end(all.batches, {values.data(), values.size()});
        log.finish();
    }
    return all.loss;
}

#endif

} // namespace lamina::detail
