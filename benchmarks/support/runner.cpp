// SPDX-License-Identifier: BSD-3-Clause

#include "runner.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <thread>

#include <benchmark/benchmark.h>

#include <dirent.h>
#include <dlfcn.h>
#include <unistd.h>

namespace bench {
namespace {

double now() {
    auto const t = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(t).count();
}

double median(std::vector<double> v) {
    auto const middle = v.begin() + std::ptrdiff_t(v.size() / 2);
    std::nth_element(v.begin(), middle, v.end());
    if (v.size() % 2 != 0) return *middle;
    return (*middle + *std::max_element(v.begin(), middle)) / 2;
}

std::string number_text(double v) {
    char text[32];
    std::snprintf(text, sizeof text, "%.5g", v);
    return text;
}

/// For a person: as many digits as are worth reading.
std::string short_text(double v) {
    char text[32];
    std::snprintf(text, sizeof text, "%.*f", v >= 100 ? 0 : v >= 10 ? 1 : v >= 1 ? 2 : 3, v);
    return text;
}

std::string first_line_of(char const* path, char const* key) {
    std::string found;
    if (std::FILE* const file = std::fopen(path, "r")) {
        char line[512];
        while (found.empty() && std::fgets(line, sizeof line, file))
            if (std::strncmp(line, key, std::strlen(key)) == 0) {
                char const* const colon = std::strchr(line, ':');
                found = colon ? colon + 1 : line;
            }
        std::fclose(file);
    }
    auto const from = found.find_first_not_of(" \t"), to = found.find_last_not_of(" \t\n");
    return from == std::string::npos ? "" : found.substr(from, to - from + 1);
}

std::string folder_of_program() {
    char path[4096];
    auto const length = ::readlink("/proc/self/exe", path, sizeof path - 1);
    std::string const program(path, length > 0 ? std::size_t(length) : 0);
    return program.substr(0, program.rfind('/'));
}

/// Seconds of processor time that processes other than this one and its children have taken.
double foreign_seconds() {
    double const tick = 1 / double(::sysconf(_SC_CLK_TCK));
    double busy = 0;
    if (std::FILE* const file = std::fopen("/proc/stat", "r")) {
        double user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, steal = 0;
        if (std::fscanf(file, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &user, &nice, &system, &idle,
                        &wait, &irq, &soft, &steal) == 8)
            busy = user + nice + system + irq + soft + steal;
        std::fclose(file);
    }
    DIR* const processes = ::opendir("/proc");
    while (dirent const* const entry = processes ? ::readdir(processes) : nullptr) {
        int const id = std::atoi(entry->d_name);
        if (id <= 0) continue;
        std::FILE* const file =
            std::fopen(("/proc/" + std::string(entry->d_name) + "/stat").c_str(), "r");
        if (!file) continue;
        int parent = 0;
        double user = 0, system = 0;
        if (std::fscanf(file, "%*d (%*[^)]) %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lf %lf",
                        &parent, &user, &system) == 3 &&
            (id == ::getpid() || parent == ::getpid()))
            busy -= user + system;
        std::fclose(file);
    }
    if (processes) ::closedir(processes);
    return busy * tick;
}

/// How many of two threads that compute at once get a core of their own: from 1 to 2. On a virtual
/// machine the kernel does not see who else uses its cores.
double free_cores() {
    auto const work = [] {
        double const start = now();
        std::uint64_t x = 1;
        for (int i = 0; i < 4000000; ++i) {
            x = x * 6364136223846793005u + 1442695040888963407u;
            asm volatile("" : "+r"(x));
        }
        return now() - start;
    };
    work();
    double const alone = work(), start = now();
    std::thread other(work);
    work();
    other.join();
    return 2 * alone / (now() - start);
}

/// What went wrong in a run, if anything: Google Benchmark 1.8 has other names for it than 1.7.
template <class Run>
std::string error_of(Run const& run) {
    if constexpr (requires { run.error_occurred; }) return run.error_message;
    else return run.skip_message;
}

/// The runs are noted by ourselves; what Google Benchmark reports besides are its errors.
struct Reporter : benchmark::BenchmarkReporter {
    bool ReportContext(Context const&) override { return true; }
    void ReportRuns(std::vector<Run> const& runs) override {
        for (Run const& run : runs)
            if (std::string const error = error_of(run); !error.empty())
                std::fprintf(stderr, "%s\n", error.c_str());
    }
};

} // namespace

struct Suite::Row {
    Case what;
    double lamina = 0;
    std::vector<std::pair<std::string, double>> peers;
    std::string best;
    double ratio = 0;
};

std::string json_text(std::string const& text) {
    std::string quoted = "\"";
    for (char const c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
    return quoted + '"';
}

Suite::Suite(char const* name, int argc, char** argv) : name_(name) {
    std::string folder = folder_of_program() + "/peers";
    for (int i = 1; i < argc; ++i) {
        std::string const option = argv[i];
        auto const value = [&]() -> std::string { return i + 1 < argc ? argv[++i] : ""; };
        if (option == "--quick") quick = true;
        else if (option == "--threads") threads_ = std::atoi(value().c_str());
        else if (option == "--only") only_ = value();
        else if (option == "--out") out_ = value();
        else if (option == "--peers") folder = value();
        else {
            std::fprintf(stderr, "%s [--quick] [--threads N] [--only TEXT] [--out FILE]\n",
                         argv[0]);
            std::exit(2);
        }
    }
    // What some environments set, and what makes peers run kernels for an older processor, or
    // fewer threads than they are asked for.
    for (char const* variable : {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS",
                                 "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"})
        ::unsetenv(variable);

    std::vector<std::string> files;
    if (DIR* const entries = ::opendir(folder.c_str())) {
        while (dirent const* const entry = ::readdir(entries)) {
            std::string const file = entry->d_name;
            if (file.rfind(name_ + "_", 0) == 0 && file.ends_with(".so")) files.push_back(file);
        }
        ::closedir(entries);
    }
    std::sort(files.begin(), files.end());
    for (std::string const& file : files) {
        void* const module = ::dlopen((folder + "/" + file).c_str(), RTLD_NOW | RTLD_LOCAL);
        bool const known =
            module && (symbol(module, task_name<GemmTask>) || symbol(module, task_name<StackTask>));
        if (known) modules_.push_back(module);
        else std::fprintf(stderr, "%s does not take part: %s\n", file.c_str(), ::dlerror());
    }
}

Suite::~Suite() = default; // the modules stay: their threads may still be in them

void* Suite::symbol(void* module, char const* task) const {
    return ::dlsym(module, ("lamina_" + name_ + "_" + task + "peers").c_str());
}

void Suite::introduce(char const* name, void (*about)(char*, std::size_t)) {
    if (std::find(introduced_.begin(), introduced_.end(), name) != introduced_.end()) return;
    introduced_.push_back(name);
    char text[256] = "";
    about(text, sizeof text);
    std::printf("# %s: %s\n", name, text);
    introductions_.push_back(json_text(name) + ": " + json_text(text));
}

void Suite::note(std::string const& key, std::string const& json) {
    notes_.push_back(json_text(key) + ": " + json);
}

bool Suite::wants(Case const& c) const {
    return (threads_ == 0 || threads_ == c.threads) &&
           (only_.empty() || c.name.find(only_) != std::string::npos);
}

std::vector<double> Suite::sample(Case const& c, std::vector<Contender>& contenders) {
    // With threads a turn begins with a pause, for others' threads spin after their work and would
    // take the cores from whoever comes next, and with a warm-up, until all threads are awake and
    // each has found a core.
    bool const pause = c.threads > 1;
    int const rounds = quick ? 3 : pause ? 5 : 7;
    double const budget = (quick ? 0.005 : 0.015) * c.patience, warm_up = pause ? 0.03 : 0.001;
    constexpr double shortest = 50e-6; // so that the clock does not matter

    std::vector<std::vector<double>> samples(contenders.size());
    std::vector<std::size_t> count(contenders.size(), 1);
    for (std::size_t i = 0; i < contenders.size(); ++i) {
        if (!contenders[i].run) continue;
        while (true) {
            double const start = now(), own = contenders[i].run(count[i]);
            if (own > 0 ? own >= 5e-3 : now() - start >= shortest) break;
            count[i] *= 2;
        }
    }
    for (int round = 0; round < rounds; ++round) {
        for (std::size_t turn = 0; turn < contenders.size(); ++turn) {
            std::size_t const i = (turn + std::size_t(round)) % contenders.size();
            auto& run = contenders[i].run;
            if (!run) continue;
            if (pause) std::this_thread::sleep_for(std::chrono::milliseconds(60));
            double const warm = now() + warm_up;
            double start = now();
            do start = now(), run(count[i]);
            while (now() < warm);
            double const once = now() - start;
            auto const iterations = std::clamp(budget / once, 1.0, 1000.0);
            std::string const label = name_ + "/" + c.name + "/" + contenders[i].name;
            auto const turns = [&](benchmark::State& state) {
                for ([[maybe_unused]] auto _ : state) {
                    double const before = now(), own = run(count[i]);
                    double const spent = own > 0 ? own : now() - before;
                    state.SetIterationTime(spent);
                    samples[i].push_back(spent / double(count[i]));
                }
            };
            auto* const registered = benchmark::RegisterBenchmark(label.c_str(), turns);
            registered->UseManualTime()->Iterations(std::int64_t(iterations));
            Reporter reporter;
            benchmark::RunSpecifiedBenchmarks(&reporter, "all");
            benchmark::ClearRegisteredBenchmarks();
        }
    }
    std::vector<double> medians;
    for (std::size_t i = 0; i < contenders.size(); ++i)
        medians.push_back(contenders[i].run ? median(samples[i]) : contenders[i].seconds);
    return medians;
}

void Suite::measure(Case const& c, std::vector<Contender> contenders,
                    std::function<void()> const& checked) {
    if (!wants(c) || contenders.empty()) return;
    std::printf("%-7s %-26s %d ", name_.c_str(), c.name.c_str(), c.threads);
    std::fflush(stdout);
    for (std::size_t i = 0; i < contenders.size();) {
        std::string wrong;
        if (contenders[i].run) {
            contenders[i].run(1);
            if (contenders[i].wrong) wrong = contenders[i].wrong();
        }
        if (wrong.empty()) {
            ++i;
            continue;
        }
        ++failures_;
        std::printf("\n*** FAILED: %s, %s: %s\n", c.name.c_str(), contenders[i].name.c_str(),
                    wrong.c_str());
        if (i == 0) return;
        contenders.erase(contenders.begin() + std::ptrdiff_t(i));
    }
    if (checked) checked();
    // With threads nothing can be measured while somebody else wants a core: then again.
    std::vector<double> seconds;
    for (int attempt = 0; attempt < 3; ++attempt) {
        double const start = now(), before = foreign_seconds();
        double cores = c.threads > 1 ? free_cores() : 2;
        seconds = sample(c, contenders);
        if (c.threads > 1) cores = std::min(cores, free_cores());
        double const foreign =
            std::max((foreign_seconds() - before) / (now() - start), cores < 1.6 ? 2 - cores : 0);
        if (c.threads == 1 || foreign < 0.1) break;
        if (attempt == 2) {
            ++disturbed_;
            std::printf("DISTURBED: others took %.0f %% of a core; not measured\n", 100 * foreign);
            return;
        }
        for (int wait = 0; wait < (quick ? 3 : 20); ++wait) {
            double const earlier = foreign_seconds();
            std::this_thread::sleep_for(std::chrono::seconds(1));
            if (foreign_seconds() - earlier < 0.1) break;
        }
    }
    Row row{c, 0, {}, "", 0};
    for (std::size_t i = 0; i < contenders.size(); ++i) {
        double const value = c.higher ? c.amount / seconds[i] : c.amount * seconds[i];
        if (i == 0) {
            row.lamina = value;
            std::printf("%8s %s ", short_text(value).c_str(), c.unit);
            continue;
        }
        row.peers.emplace_back(contenders[i].name, value);
        double const ratio = c.higher ? row.lamina / value : value / row.lamina;
        if (row.best.empty() || ratio < row.ratio) row.best = contenders[i].name, row.ratio = ratio;
    }
    if (row.best.empty()) std::printf("(no peer)\n");
    else {
        std::printf(" x %.2f %s:", row.ratio, row.best.c_str());
        for (auto const& [name, value] : row.peers)
            std::printf("  %s %s", name.c_str(), short_text(value).c_str());
        std::printf("\n");
    }
    std::fflush(stdout);
    rows_.push_back(std::move(row));
}

int Suite::finish() {
    for (int threads : {1, 2}) {
        double logarithms = 0, smallest = 1e9;
        int count = 0;
        for (Row const& row : rows_)
            if (row.what.threads == threads && !row.best.empty()) {
                logarithms += std::log(row.ratio), ++count;
                smallest = std::min(smallest, row.ratio);
            }
        if (count > 0)
            std::printf("%s, %d thread%s: geometric mean of %d ratios %.3f, the smallest %.3f\n",
                        name_.c_str(), threads, threads > 1 ? "s" : "", count,
                        std::exp(logarithms / count), smallest);
    }
    if (disturbed_ > 0)
        std::printf(
            "*** %d cases were DISTURBED by other processes and keep the rows that they had\n",
            disturbed_);
    if (failures_ > 0) std::printf("*** %d results were wrong\n", failures_);
    if (out_.empty()) return failures_ > 0;

    bool const partial = threads_ != 0 || !only_.empty() || disturbed_ > 0;
    std::string text = "{\"suite\": " + json_text(name_) +
                       ", \"partial\": " + (partial ? "true" : "false") + ", \"machine\": {";
    auto const& cpu = benchmark::CPUInfo::Get();
    char date[16];
    std::time_t const t = std::time(nullptr);
    std::strftime(date, sizeof date, "%Y-%m-%d", std::localtime(&t));
    text += "\"cpu\": " + json_text(first_line_of("/proc/cpuinfo", "model name"));
    text += ", \"cores\": " + std::to_string(cpu.num_cpus) + ", \"caches\": [";
    for (auto const& cache : cpu.caches) {
        if (&cache != cpu.caches.data()) text += ", ";
        text += json_text("L" + std::to_string(cache.level) + " " + cache.type + " " +
                          std::to_string(cache.size / 1024) + " KiB");
    }
    text += "], \"compiler\": " + json_text(
#ifdef __clang__
                                      "clang " __clang_version__
#else
                                      "g++ " __VERSION__
#endif
                                  );
    text += ", \"date\": " + json_text(date);
    for (std::string const& note : notes_) text += ", " + note;
    text += ", \"peers\": {";
    for (std::string const& one : introductions_)
        text += (&one == introductions_.data() ? "" : ", ") + one;
    text += "}},\n\"rows\": [";
    for (Row const& row : rows_) {
        text += &row == rows_.data() ? "\n" : ",\n";
        text += "{\"suite\": " + json_text(name_) + ", \"case\": " + json_text(row.what.name) +
                ", \"threads\": " + std::to_string(row.what.threads) +
                ", \"unit\": " + json_text(row.what.unit) +
                ", \"better\": " + (row.what.higher ? "\"higher\"" : "\"lower\"") +
                ", \"lamina\": " + number_text(row.lamina) + ", \"peers\": {";
        for (auto const& one : row.peers)
            text += (&one == row.peers.data() ? "" : ", ") + json_text(one.first) + ": " +
                    number_text(one.second);
        text += "}, \"best_peer\": " + (row.best.empty() ? "null" : json_text(row.best)) +
                ", \"ratio\": " + (row.best.empty() ? "null" : number_text(row.ratio)) + "}";
    }
    text += "\n]}\n";
    std::FILE* const file = std::fopen(out_.c_str(), "w");
    bool const written = file && std::fputs(text.c_str(), file) >= 0;
    if (!file || std::fclose(file) != 0 || !written) {
        std::fprintf(stderr, "%s cannot be written\n", out_.c_str());
        return 1;
    }
    return failures_ > 0;
}

} // namespace bench
