// SPDX-License-Identifier: BSD-3-Clause
//
// What the suites measured, put together: report results.json [ROWS.json...] puts the rows of these
// suites in the place of those that results.json had, and prints all of it as a table.
//
//     --markdown          prints it for a page
//     --pictures FOLDER   writes data and scripts for gnuplot instead, and says their names

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace {

using Json = nlohmann::ordered_json;

Json read(std::string const& path) {
    std::ifstream file(path);
    if (!file) return {};
    return Json::parse(file);
}

/// As many digits as are worth reading.
std::string short_text(double v) {
    char text[32];
    std::snprintf(text, sizeof text, "%.*f", v >= 100 ? 0 : v >= 10 ? 1 : v >= 1 ? 2 : 3, v);
    return text;
}

std::string quoted(std::string const& text) {
    std::string q = "\"";
    for (char const c : text) q += c == '"' || c == '\\' ? '\'' : c;
    return q + '"';
}

/// The suites in this order, then whatever else there is.
std::vector<std::string> suites_of(Json const& results) {
    std::vector<std::string> suites{"gemm", "train", "infer", "kernels", "compile_time"};
    for (Json const& row : results["rows"])
        if (std::find(suites.begin(), suites.end(), std::string(row["suite"])) == suites.end())
            suites.push_back(row["suite"]);
    return suites;
}

struct Table {
    std::vector<std::string> peers;
    std::vector<Json> rows;
};
Table table_of(Json const& results, std::string const& suite, int threads) {
    Table table;
    for (Json const& row : results["rows"])
        if (row["suite"] == suite && row["threads"] == threads) {
            table.rows.push_back(row);
            for (auto const& [name, value] : row["peers"].items())
                if (std::find(table.peers.begin(), table.peers.end(), name) == table.peers.end())
                    table.peers.push_back(name);
        }
    return table;
}

std::string summary_of(std::vector<Json> const& rows) {
    double logarithms = 0, smallest = 1e30;
    int count = 0;
    for (Json const& row : rows)
        if (row["ratio"].is_number()) {
            double const r = row["ratio"];
            logarithms += std::log(r), ++count, smallest = std::min(smallest, r);
        }
    if (count == 0) return {};
    return "Geometric mean of the ratios: " + short_text(std::exp(logarithms / count)) +
           "; the smallest: " + short_text(smallest) + ".";
}

void print(Json const& results, bool markdown) {
    char const* const bar = markdown ? " | " : "  ";
    if (markdown) {
        Json const& machine = results["machine"];
        for (auto const& [key, value] : machine.items())
            if (key != "peers") std::printf("- %s: %s\n", key.c_str(), value.dump().c_str());
        Json const peers = machine.value("peers", Json::object());
        for (auto const& [key, value] : peers.items())
            std::printf("- %s: %s\n", key.c_str(), value.get<std::string>().c_str());
    }
    for (std::string const& suite : suites_of(results))
        for (int threads : {1, 2}) {
            Table const t = table_of(results, suite, threads);
            if (t.rows.empty()) continue;
            std::printf(markdown ? "\n### %s, %d thread%s\n\n" : "\n%s, %d thread%s\n",
                        suite.c_str(), threads, threads > 1 ? "s" : "");
            std::vector<std::vector<std::string>> lines{{"case", "unit", "lamina", "ratio"}};
            for (auto const& name : t.peers) lines[0].push_back(name);
            for (Json const& row : t.rows) {
                lines.push_back({row["case"], row["unit"], short_text(row["lamina"]),
                                 row["ratio"].is_number() ? short_text(row["ratio"]) : "-"});
                for (auto const& name : t.peers) {
                    auto const found = row["peers"].find(name);
                    bool const best = row["best_peer"] == name && markdown;
                    std::string const text = found == row["peers"].end() ? "" : short_text(*found);
                    lines.back().push_back(best ? "**" + text + "**" : text);
                }
            }
            std::vector<std::size_t> widths(lines[0].size());
            for (auto const& line : lines)
                for (std::size_t i = 0; i < line.size(); ++i)
                    widths[i] = std::max(widths[i], line[i].size());
            for (auto const& line : lines) {
                std::string text = markdown ? "|" : "";
                for (std::size_t i = 0; i < line.size(); ++i) {
                    std::string const pad(markdown ? 0 : widths[i] - line[i].size(), ' ');
                    text += (markdown ? " " : "") + (i < 2 ? line[i] + pad : pad + line[i]);
                    text += markdown ? " |" : bar;
                }
                text.erase(text.find_last_not_of(' ') + 1);
                std::printf("%s\n", text.c_str());
                if (markdown && &line == lines.data()) {
                    std::printf("|");
                    for (std::size_t i = 0; i < line.size(); ++i)
                        std::printf(i < 2 ? "---|" : "---:|");
                    std::printf("\n");
                }
            }
            std::string const summary = summary_of(t.rows);
            if (!summary.empty()) std::printf("%s%s\n", markdown ? "\n" : "", summary.c_str());
        }
}

/// GFLOP/s over the size of square products, a panel for each form, with the peak.
std::string gemm_script(Json const& results, int threads, std::string const& folder) {
    std::map<std::string, std::map<int, Json>> forms;
    std::vector<std::string> peers;
    Table const table = table_of(results, "gemm", threads);
    for (Json const& row : table.rows) {
        std::string const name = row["case"];
        int m = 0, k = 0, n = 0;
        if (std::sscanf(name.c_str(), "%*s %dx%dx%d", &m, &k, &n) != 3 || m != k || k != n)
            continue;
        forms[name.substr(0, 2)][m] = row;
    }
    if (forms.empty()) return {};
    std::string const stem = folder + "/gemm_" + std::to_string(threads);
    std::string script = "set terminal pngcairo size 1500,520 font ',10'\nset output " +
                         quoted(stem + ".png") +
                         "\nset logscale x 2\nset yrange [0:*]\nset grid\nset key bottom right\n"
                         "set xlabel 'size'\nset ylabel 'GFLOP/s'\nset multiplot layout 1,3 title "
                         "'C = op(A) op(B), float, threads: " +
                         std::to_string(threads) + "'\n";
    for (auto const& [form, rows] : forms) {
        script += "$" + form + " << END\n";
        for (auto const& [size, row] : rows) {
            script += std::to_string(size) + " " + row["lamina"].dump();
            for (auto const& name : table.peers)
                script += " " + (row["peers"].contains(name) ? row["peers"][name].dump() : "NaN");
            script += "\n";
        }
        script += "END\n";
    }
    double peak = 0;
    Json const peaks = results["machine"].value("peak_gflops", Json::array());
    if (int(peaks.size()) >= threads) peak = peaks[std::size_t(threads - 1)];
    for (auto const& [form, rows] : forms) {
        script += "set title '" + form + "'\nplot ";
        if (peak > 0)
            script += std::to_string(peak) + " with lines dashtype 2 linecolor 'black' title "
                                             "'peak of multiply-adds', ";
        script +=
            "$" + form + " using 1:2 with linespoints linewidth 3 linecolor 'red' title 'lamina'";
        for (std::size_t i = 0; i < table.peers.size(); ++i)
            script += ", $" + form + " using 1:" + std::to_string(i + 3) +
                      " with linespoints title " + quoted(table.peers[i]);
        script += "\n";
    }
    return script;
}

/// A bar for each case: how many times better than the best peer.
std::string ratio_script(Json const& results, std::string const& suite, int threads,
                         std::string const& folder) {
    std::string data;
    int count = 0;
    for (Json const& row : table_of(results, suite, threads).rows)
        if (row["ratio"].is_number()) {
            std::string const label =
                std::string(row["case"]) + " / " + std::string(row["best_peer"]);
            data += quoted(label) + " " + row["ratio"].dump() + "\n";
            ++count;
        }
    if (count == 0) return {};
    std::string const stem = folder + "/" + suite + "_ratio_" + std::to_string(threads);
    return "set terminal pngcairo size " + std::to_string(std::max(700, 300 + 18 * count)) +
           ",760 font ',9'\nset output " + quoted(stem + ".png") + "\nset title " +
           quoted(suite + ", threads: " + std::to_string(threads) +
                  ": lamina to the best peer (above 1: lamina is ahead)") +
           "\nset logscale y\nset style fill solid 0.8\nset boxwidth 0.8\nset grid y\n"
           "unset key\nset xtics rotate by 60 right\nset lmargin 16\nset bmargin 24\n$rows << "
           "END\n" +
           data +
           "END\nplot $rows using 0:2:xtic(1) with boxes, 1 with lines linewidth 2 linecolor "
           "'black'\n";
}

int pictures(Json const& results, std::string const& folder) {
    auto const write = [&](std::string const& name, std::string const& script) {
        if (script.empty()) return;
        std::string const path = folder + "/" + name + ".gnuplot";
        std::ofstream(path) << script;
        std::printf("%s\n", path.c_str());
    };
    for (int threads : {1, 2}) {
        write("gemm_" + std::to_string(threads), gemm_script(results, threads, folder));
        for (std::string const& suite : suites_of(results))
            write(suite + "_ratio_" + std::to_string(threads),
                  ratio_script(results, suite, threads, folder));
    }
    return 0;
}

void merge(Json& results, Json const& part) {
    bool const whole = !part.value("partial", false);
    auto const same = [](Json const& a, Json const& b) {
        return a["suite"] == b["suite"] && a["case"] == b["case"] && a["threads"] == b["threads"];
    };
    Json rows = Json::array(), fresh = part["rows"];
    for (Json const& row : results["rows"]) {
        auto const now = std::find_if(fresh.begin(), fresh.end(),
                                      [&](Json const& one) { return same(one, row); });
        if (!whole && now != fresh.end()) {
            rows.push_back(*now);
            fresh.erase(now);
        } else if (!whole || row["suite"] != part["suite"]) {
            rows.push_back(row);
        }
    }
    for (Json const& row : fresh) rows.push_back(row);
    results["rows"] = rows;
    Json& machine = results["machine"];
    for (auto const& [key, value] : part["machine"].items())
        if (key != "peers") machine[key] = value;
    for (auto const& [key, value] : part["machine"]["peers"].items()) machine["peers"][key] = value;
}

} // namespace

int main(int argc, char** argv) try {
    bool markdown = false;
    std::string folder;
    std::vector<std::string> files;
    for (int i = 1; i < argc; ++i) {
        std::string const argument = argv[i];
        if (argument == "--markdown") markdown = true;
        else if (argument == "--pictures" && i + 1 < argc) folder = argv[++i];
        else files.push_back(argument);
    }
    if (files.empty()) {
        std::fprintf(stderr,
                     "report results.json [ROWS.json...] [--markdown | --pictures FOLDER]\n");
        return 2;
    }
    Json results = read(files[0]);
    if (!results.is_object()) results = {{"machine", Json::object()}, {"rows", Json::array()}};
    for (std::size_t i = 1; i < files.size(); ++i) {
        Json const part = read(files[i]);
        if (part.is_object()) merge(results, part);
    }
    if (files.size() > 1) {
        // a row is a line
        std::ofstream file(files[0] + ".tmp");
        file << "{\"machine\": " << results["machine"].dump(2) << ",\n\"rows\": [";
        for (auto row = results["rows"].begin(); row != results["rows"].end(); ++row)
            file << (row == results["rows"].begin() ? "\n" : ",\n") << row->dump();
        file << "\n]}\n";
        file.close();
        if (!file || std::rename((files[0] + ".tmp").c_str(), files[0].c_str()) != 0) {
            std::fprintf(stderr, "%s cannot be written\n", files[0].c_str());
            return 1;
        }
    }
    if (!folder.empty()) return pictures(results, folder);
    print(results, markdown);
} catch (std::exception const& e) {
    std::fprintf(stderr, "report: %s\n", e.what());
    return 1;
}
