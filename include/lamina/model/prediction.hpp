// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/span.hpp>
#include <lamina/model/batches.hpp>
#include <lamina/model/columns.hpp>
#include <lamina/model/fit_options.hpp>
#include <lamina/model/sample_set.hpp>
#include <lamina/model/weights.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace lamina::detail {

/// A network's forward pass, once its type is gone: run gives output k of a batch in `room`.
template <class T>
struct Inference {
    void const* weights;
    T const* prepared;
    T const* (*run)(void const* weights, T const* prepared, Room<T>& room, void const* const* x,
                    std::size_t batch, int k, Threads* threads);
    std::size_t flops; // of all samples
};

/// Output `output` of n samples, `width` numbers each, batch by batch; the pieces are shared among
/// the threads, or, where there is one piece, its kernels are.
template <class T>
void predict_all(Inference<T> const& network, Columns<T> const& in, Span<ColumnForm const> forms,
                 std::size_t n, T* out, std::size_t width, int output,
                 PredictOptions const& options);

#if LAMINA_BODIES

template <class T>
void predict_all(Inference<T> const& network, Columns<T> const& in, Span<ColumnForm const> forms,
                 std::size_t n, T* out, std::size_t width, int output,
                 PredictOptions const& options) {
    check_batch_size(options.batch_size, "predict");
    CallThreads made;
    Threads* const threads = options.threads.pool_for(network.flops, made);
    std::size_t const batch = options.batch_size,
                      rooms = threads && batch < n ? threads->count() : 1;
    std::unique_ptr<Room<T>[]> const room(new Room<T>[rooms]);
    parallel_for(threads, n, batch, [&](std::size_t begin, std::size_t end, std::size_t worker) {
        void const* x[Columns<T>::most];
        for (std::size_t k = 0; k < forms.size(); ++k)
            x[k] = static_cast<std::byte const*>(in.data[k]) + begin * forms[k].bytes;
        T const* const y = network.run(network.weights, network.prepared, room[worker], x,
                                       end - begin, output, rooms > 1 ? nullptr : threads);
        std::copy_n(y, (end - begin) * width, out + begin * width);
    });
}

#endif

/// Output `output`, of shape Y, of all samples of an epoch of a Stream.
template <class Y, class N, class Stream, class T = typename N::Scalar>
auto predict_batches(Weights<N> const& weights, T const* prepared, Stream& source, int output,
                     PredictOptions const& options) {
    weights.check("predict");
    CallThreads made;
    Workspace<N> work;
    std::vector<T> all;
    source.begin_epoch(0, 0, false, {});
    for (BatchView batch{}; source.next_inputs(batch);) {
        Threads* const threads =
            made.pool ? made.pool : options.threads.pool_for(N::flops(batch.size), made);
        T const* const y = predict(weights, work, batch.x, batch.size, output, threads, prepared);
        all.insert(all.end(), y, y + batch.size * Y::size);
    }
    return samples_of<Y>(all);
}

#ifdef LAMINA_SOURCE
template void predict_all(Inference<float> const&, Columns<float> const&, Span<ColumnForm const>,
                          std::size_t, float*, std::size_t, int, PredictOptions const&);
template void predict_all(Inference<double> const&, Columns<double> const&, Span<ColumnForm const>,
                          std::size_t, double*, std::size_t, int, PredictOptions const&);
#endif

} // namespace lamina::detail
