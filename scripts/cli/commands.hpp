#pragma once
// What `bridgework …` asks the suite, and how the answer is shown. Each returns the process's exit code.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scripts/cli/http.hpp"

namespace bridgework::cli {

/// kJson is exactly what the gateway answered.
enum class Output { kWords, kJson };

int run_status(const Suite& suite, Output output);
int run_kpi(const Suite& suite, const std::string& id, const std::string& from, const std::string& to, const std::string& by,
            const std::string& site, Output output);
int run_timeline(const Suite& suite, const std::string& person, Output output);
int run_why(const Suite& suite, const std::string& person, Output output);
/// 1 when anybody is in none of covered, active, on hold, closed, or in two of them.
int run_audit_leaks(const Suite& suite, Output output);
int run_parked_list(const Suite& suite, Output output);
int run_parked_retry(const Suite& suite, const std::string& service, const std::string& entity, Output output);
int run_rebuild_analytics(const Suite& suite, Output output);
/// Without a day: today, at the site.
int run_huddle(const Suite& suite, const std::string& site, std::string day, Output output);
int run_bucket(const Suite& suite, const std::string& site, const std::string& from, const std::string& to, Output output);
int run_call(const Suite& suite, std::string method, const std::string& path, const std::string& body, std::string idempotency_key);

struct TailOptions {
  std::uint64_t after = 0;
  std::string type;
  Output output = Output::kWords;
  enum class End { kAtHead, kNever } end = End::kAtHead;
};
int run_tail(const Suite& suite, const TailOptions& options);

/// Registers `requests` persons through the gateway, `in_flight` at a time, and measures each from request to answer.
int run_bench_command(const Suite& suite, std::size_t requests, std::size_t in_flight, Output output);

/// A KPI answer with `value` null wherever there is no value, so that nothing ÷ 0 is never read as 0. Unchanged text otherwise.
std::string kpi_text(const std::string& answer);

/// Path and query, leaving empty parameters out.
std::string with_query(std::string path, const std::vector<std::pair<std::string_view, std::string>>& parameters);

/// The position a CloudEvent has in the log: its `sequence`, else the number its `id` ends with; 0 when it has neither.
std::uint64_t position_of(std::string_view event_json);

}  // namespace bridgework::cli
