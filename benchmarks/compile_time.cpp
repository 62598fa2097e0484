// SPDX-License-Identifier: BSD-3-Clause
//
// The suite compile_time: what a first program costs before it computes anything: the compiler's
// seconds and memory, the size of the binary, the time to a first prediction, the memory of its
// training. lamina's is the README's first program, without the lines that save the model beside
// those of the peers, compile_time/*.cpp, which do not save, and as it stands there by itself.

#include "support/child.hpp"
#include "support/runner.hpp"

#include <lamina/core/random.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

extern char** environ;

namespace {

std::string const source = LAMINA_SOURCE_DIR;

std::vector<std::string> words(std::string const& text) {
    std::istringstream in(text);
    std::vector<std::string> all;
    for (std::string word; in >> word;) all.push_back(word);
    return all;
}

struct Cost {
    bool done = false;
    double seconds = 0, megabytes = 0;
};

/// Runs a command in a folder, silently.
Cost run(std::vector<std::string> const& command, std::string const& folder) {
    std::vector<char*> arguments;
    for (std::string const& a : command) arguments.push_back(const_cast<char*>(a.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
    pid_t process = 0;
    auto const start = std::chrono::steady_clock::now();
    bool const spawned =
        ::posix_spawnp(&process, arguments[0], &actions, nullptr, arguments.data(), environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    rusage usage{};
    if (!spawned || ::wait4(process, &status, 0, &usage) != process) return {};
    std::chrono::duration<double> const spent = std::chrono::steady_clock::now() - start;
    return {status == 0, spent.count(), double(usage.ru_maxrss) / 1024};
}

double median(std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return v.size() % 2 ? v[v.size() / 2] : (v[v.size() / 2 - 1] + v[v.size() / 2]) / 2;
}

struct Program {
    std::string name, path, compile, link;
    std::string prediction{}; // the path of another one that predicts; else the argument says so
};

/// The words after "// key: " in a file.
std::string said(std::string const& path, std::string const& key) {
    std::ifstream file(path);
    std::string all;
    for (std::string line; std::getline(file, line);)
        if (line.rfind("// " + key + ": ", 0) == 0) all += line.substr(key.size() + 4);
    return all;
}

/// The first C++ block of the README, with or without what saves the model.
void write_first_program(std::string const& to, bool saves) {
    std::ifstream readme(source + "/README.md");
    std::ofstream file(to);
    bool inside = false;
    for (std::string line; std::getline(readme, line);) {
        if (inside && line == "```") break;
        bool const saving =
            line.find("io/keras_hdf5.hpp") != line.npos || line.find(" save(") != line.npos;
        if (inside && (saves || !saving)) file << line << '\n';
        if (line == "```cpp") inside = true;
    }
}

/// A table like the README's: three features of 1 to 10, a label, and some gaps.
void write_table(std::string const& to) {
    std::ofstream file(to);
    file << "feature1,feature2,feature3,label\n";
    lamina::Random const random{1};
    for (std::size_t i = 0; i < 699; ++i) {
        std::size_t const a = random.below(4 * i, 10) + 1, b = random.below(4 * i + 1, 10) + 1,
                          c = random.below(4 * i + 2, 10) + 1;
        bool const positive = a + b + c + random.below(4 * i + 3, 6) > 19;
        file << a << ',' << b << ',';
        if (i % 40 != 7) file << c;
        file << ',' << (positive ? "positive" : "negative") << '\n';
    }
}

class Suite {
public:
    Suite(int argc, char** argv) : suite_("compile_time", argc, argv) {
        table_ = folder_.file("data.csv");
        write_table(table_);
        here_ = table_.substr(0, table_.rfind('/'));
        std::string const first = folder_.file("first.cpp");
        std::string const saving = folder_.file("saving.cpp");
        write_first_program(first, false);
        write_first_program(saving, true);
        for (char const* left : {"model.h5", "training.png"}) folder_.file(left);
        std::string const flags =
            "-std=c++20 -I" + source + "/include " + std::string(LAMINA_INCLUDES);
        programs_.push_back({"lamina", first, flags, LAMINA_LIBRARIES,
                             source + "/benchmarks/compile_time/first_prediction.cpp"});
        saving_ = {{"lamina", saving, flags, LAMINA_LIBRARIES}};
        if (DIR* const entries = ::opendir((source + "/benchmarks/compile_time").c_str())) {
            std::vector<std::string> files;
            while (dirent const* const entry = ::readdir(entries)) files.push_back(entry->d_name);
            ::closedir(entries);
            std::sort(files.begin(), files.end());
            for (std::string const& file : files) {
                std::string const path = source + "/benchmarks/compile_time/" + file;
                if (!file.ends_with(".cpp") || said(path, "compile").empty()) continue;
                programs_.push_back({file.substr(0, file.size() - 4), path, said(path, "compile"),
                                     said(path, "link")});
            }
        }
    }

    int go() {
        for (std::string const compiler : {"g++", "clang++"}) {
            bool const first = compiler == "g++";
            if (!run({compiler, "--version"}, here_).done || (suite_.quick && !first)) continue;
            compile("first program", compiler + " -O2", programs_, first);
            if (first && !suite_.quick)
                compile("first program", compiler + " -O2 -march=native", programs_, false);
            compile("first program, saving", compiler + " -O2", saving_, first);
            std::string const examples = source + "/examples/";
            compile("binary_classification", compiler + " -O2",
                    {{"lamina", examples + "binary_classification.cpp", programs_[0].compile,
                      programs_[0].link}},
                    false);
        }
        return suite_.finish();
    }

private:
    /// Compiles the programs in turns; if they are to run, they do, too.
    void compile(std::string const& what, std::string const& compiler,
                 std::vector<Program> const& programs, bool runs) {
        if (!suite_.wants({what + ", " + compiler})) return;
        std::vector<Program> those = programs;
        std::map<std::string, std::vector<double>> seconds, megabytes, start;
        Values kilobytes, training;
        for (int round = 0; round < (suite_.quick ? 1 : 3); ++round)
            for (std::size_t i = 0; i < those.size();) {
                Cost const cost = build(compiler, those[i], those[i].path, "program");
                if (cost.done) {
                    seconds[those[i].name].push_back(cost.seconds);
                    megabytes[those[i].name].push_back(cost.megabytes);
                    ++i;
                } else {
                    std::fprintf(stderr, "%s's program is left out: it does not compile here\n",
                                 those[i].name.c_str());
                    those.erase(those.begin() + std::ptrdiff_t(i));
                }
            }
        if (those.empty() || those[0].name != "lamina") return;
        report(what + ", " + compiler, "s", those, medians(seconds));
        report(what + ", " + compiler + ", compiler's memory", "MB", those, medians(megabytes));
        if (!runs) return;
        for (Program const& p : those) {
            build(compiler, p, p.path, "program");
            run({"strip", here_ + "/program"}, here_);
            struct stat file {};
            if (::stat((here_ + "/program").c_str(), &file) == 0)
                kilobytes[p.name] = double(file.st_size) / 1000;
            std::vector<double> peaks;
            for (int i = 0; i < 5; ++i) {
                Cost const cost = run({here_ + "/program"}, here_);
                if (cost.done) peaks.push_back(cost.megabytes);
                else std::fprintf(stderr, "%s's program failed\n", p.name.c_str());
            }
            training[p.name] = peaks.empty() ? 0 : median(peaks);
            if (&programs == &saving_) continue;
            std::string const name = "predict_" + p.name;
            build(compiler, p, p.prediction.empty() ? p.path : p.prediction, name.c_str());
        }
        for (int i = 0; i < 21 && &programs != &saving_; ++i) // in turns
            for (Program const& p : those) {
                std::vector<std::string> command{here_ + "/predict_" + p.name};
                if (p.prediction.empty()) command.push_back("predict");
                Cost const cost = run(command, here_);
                if (cost.done) start[p.name].push_back(1e3 * cost.seconds);
            }
        rusage own{};
        getrusage(RUSAGE_SELF, &own); // what a child's peak is at least
        std::printf("# this process' own peak: %.1f MB\n", double(own.ru_maxrss) / 1024);
        report(what + ", stripped binary", "kB", those, kilobytes);
        report(what + ", peak memory of training", "MB", those, training);
        report(what + ", start to first prediction", "ms", those, medians(start));
    }
    using Values = std::map<std::string, double>;
    static Values medians(std::map<std::string, std::vector<double>> const& of) {
        Values all;
        for (auto const& [name, values] : of) all[name] = median(values);
        return all;
    }
    Cost build(std::string const& compiler, Program const& p, std::string const& from,
               char const* to) {
        std::vector<std::string> command = words(compiler + " " + p.compile);
        for (std::string const& word : words(from + " -o " + folder_.file(to) + " " + p.link))
            command.push_back(word);
        return run(command, here_);
    }
    void report(std::string const& name, char const* unit, std::vector<Program> const& programs,
                Values const& values) {
        std::vector<bench::Contender> all;
        for (Program const& p : programs) {
            auto const value = values.find(p.name);
            if (value != values.end() && value->second > 0)
                all.push_back({p.name, {}, {}, value->second});
        }
        suite_.measure({name, 1, unit}, std::move(all));
    }

    bench::Suite suite_;
    bench::ScratchFolder folder_;
    std::string table_, here_;
    std::vector<Program> programs_, saving_;
};

} // namespace

int main(int argc, char** argv) { return Suite(argc, argv).go(); }
