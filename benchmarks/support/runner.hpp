// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "peer.hpp"
#include "stack.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bench {

/// One who takes part in a case.
struct Contender {
    std::string name;
    std::function<double(std::size_t times)> run; // seconds, or 0: the caller's clock counts
    std::function<std::string()> wrong{}; // after a run: what is wrong with the result, or nothing
    double seconds = 0;                   // instead of a run: what was measured otherwise
};

/// `work` done so many times, each as if what it wrote had been read.
template <class F>
auto times(F work) {
    return [work = std::move(work)](std::size_t count) mutable {
        for (std::size_t i = 0; i < count; ++i) {
            work();
            asm volatile("" : : : "memory");
        }
        return 0.0;
    };
}

struct Case {
    std::string name;
    int threads = 1;
    char const* unit = "";
    bool higher = false; // is better: amount / seconds; otherwise seconds * amount
    double amount = 1;
    double patience = 1; // so many times as long is measured
};

/// What modules call the peers of a task: lamina_<suite>_peers, or with the task's own name.
template <class Task>
inline constexpr char const* task_name = "";
template <>
inline constexpr char const* task_name<StackTask> = "stack_";

/// Options of all suites: --quick, --threads N, --only TEXT (cases with this in their names),
/// --out FILE, --peers FOLDER.
class Suite {
public:
    /// With the peers of peers/<name>_*.so beside the program.
    Suite(char const* name, int argc, char** argv);
    Suite(Suite const&) = delete;
    Suite& operator=(Suite const&) = delete;
    ~Suite();

    bool quick = false;

    bool wants(Case const& c) const;
    /// Looks at the result of each, calls `checked`, lets them take turns, lamina first, and notes
    /// the medians. Who is wrong is left out, loudly.
    void measure(Case const& c, std::vector<Contender> contenders,
                 std::function<void()> const& checked = {});
    /// Everybody who can do the task, beside lamina; `wrong` looks at the task's result.
    template <class Task>
    void add_peers(std::vector<Contender>& all, Task const& task,
                   std::function<std::string()> const& wrong) {
        for (void* module : modules_) {
            auto* const of = reinterpret_cast<Peers<Task> (*)()>(symbol(module, task_name<Task>));
            if (!of) continue;
            auto const peers = of();
            for (Peer<Task> const* p = peers.first; p < peers.first + peers.count; ++p) {
                std::shared_ptr<void> const work(p->prepare(&task), [=](void* w) {
                    if (w) p->release(w);
                });
                if (!work) continue;
                introduce(p->name, p->about);
                all.push_back(
                    {p->name, [=](std::size_t n) { return p->run(work.get(), n); }, wrong});
            }
        }
    }
    /// Something about this machine for results.json.
    void note(std::string const& key, std::string const& json);
    /// Writes the rows; the program's status.
    int finish();

private:
    struct Row;
    void* symbol(void* module, char const* task) const;
    void introduce(char const* name, void (*about)(char*, std::size_t));
    std::vector<double> sample(Case const& c, std::vector<Contender>& contenders);

    std::string name_, out_, only_;
    int threads_ = 0, failures_ = 0, disturbed_ = 0;
    std::vector<void*> modules_;
    std::vector<Row> rows_;
    std::vector<std::string> notes_, introductions_, introduced_;
};

std::string json_text(std::string const& text);

} // namespace bench
