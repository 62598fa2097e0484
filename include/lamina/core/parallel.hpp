// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace lamina {

/// A pool of threads, made by whoever wants one; the thread that calls works too. It has no global
/// state. Workers wait for work for some microseconds with their eyes open and then sleep.
///
/// After fork() the workers exist in the parent only: in the child every call runs on the caller.
/// (Fork between calls, not from inside a task.) A second caller, and a call from inside a task,
/// run on their own thread. What a task throws is rethrown to the caller; the pool stays usable.
class Threads {
public:
    /// `count` threads, the caller among them; 0: one for each core. Throws std::system_error if
    /// the system does not give them.
    explicit Threads(std::size_t count = 0);
    Threads(Threads const&) = delete;
    Threads& operator=(Threads const&) = delete;
    ~Threads();

    std::size_t count() const;

    /// Whether work of some microseconds is worth sharing: all are awake, or such work comes so
    /// often that to wake them pays.
    bool ready();

    /// f(i, worker) for i = 0 ... n - 1; worker < count(). Returns when all are done. Each worker
    /// begins with an even part of them, the same for the same n, and helps others then; so nothing
    /// may depend on it but the place of scratch memory. A call from inside a task is worker 0
    /// whoever makes it: its scratch memory must be the task's own. If tasks throw, the others are
    /// done all the same, and the caller receives what the one with the smallest i threw.
    template <class F>
    void each(std::size_t n, F&& f) {
        using Function = std::remove_reference_t<F>;
        run(n, const_cast<void*>(static_cast<void const*>(std::addressof(f))),
            [](void* context, std::size_t i, std::size_t worker) {
                (*static_cast<Function*>(context))(i, worker);
            });
    }

    /// part(f, begin, end, worker) for the pieces that parallel_for speaks of.
    using Part = void (*)(void const* f, std::size_t begin, std::size_t end, std::size_t worker);
    void pieces(std::size_t n, std::size_t grain, void const* f, Part part);

private:
    using Task = void (*)(void* context, std::size_t i, std::size_t worker);

    void run(std::size_t n, void* context, Task task);
    static void alone(std::size_t n, void* context, Task task);

    struct State;
    State* state_;
};

/// Threads* or nullptr.
template <class P>
concept PoolOrNone = std::same_as<P, Threads*> || std::same_as<P, std::nullptr_t>;

/// f(begin, end, worker) for the pieces of [0, n) that are `grain` > 0 long (the last may be
/// shorter), whatever the threads: the bits depend on n and grain alone. Without threads (nullptr
/// tells the compiler), or with one piece, the caller does it all, until a piece throws.
template <PoolOrNone P, class F>
void parallel_for([[maybe_unused]] P threads, std::size_t n, std::size_t grain, F&& f) {
    if constexpr (std::same_as<P, Threads*>)
        if (threads && n > grain) {
            threads->pieces(
                n, grain, std::addressof(f),
                [](void const* of, std::size_t begin, std::size_t end, std::size_t worker) {
                    (*static_cast<std::remove_reference_t<F> const*>(of))(begin, end, worker);
                });
            return;
        }
    for (std::size_t begin = 0; begin < n;) {
        std::size_t const end = n - begin < grain ? n : begin + grain;
        f(begin, end, std::size_t{0});
        begin = end;
    }
}

/// How many workers a call with these threads has, each with scratch memory of its own. What is to
/// outlive such a call lies behind the scratch memory of all of them.
inline std::size_t workers_of(Threads const* threads) { return threads ? threads->count() : 1; }

} // namespace lamina

#if LAMINA_BODIES
#include <lamina/core/pool.hpp>
#endif
