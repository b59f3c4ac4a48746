// The command line: what can be asked, and who answers it.

#include <cstdint>
#include <string>

#include <sodium.h>
#include <CLI/CLI.hpp>

#include "scripts/cli/commands.hpp"
#include "scripts/cli/import.hpp"

int main(int argc, char** argv) {
  using namespace bridgework::cli;
  if (sodium_init() < 0) return 2;

  CLI::App app("Asks a running Bridgework suite. It is found by BRIDGEWORK_URL and BRIDGEWORK_DATA (default .bridgework).", "bridgework");
  app.require_subcommand(1);
  bool wants_json = false;
  const auto add = [&](CLI::App& parent, const char* name, const char* what) {
    CLI::App* command = parent.add_subcommand(name, what);
    command->add_flag("--json", wants_json, "exactly what the gateway answers");
    return command;
  };
  const auto output = [&] { return wants_json ? Output::kJson : Output::kWords; };
  const Suite suite = find_suite();
  int code = 0;

  add(app, "status", "instances, lanes, lag, parked")->callback([&] { code = run_status(suite, output()); });

  ImportOptions import;
  bool from_start = false, fast = false;
  CLI::App* import_command = add(app, "import", "take over the past of another system");
  import_command->add_option("kind", import.kind, "appointments, leads or fhir")->required();
  import_command->add_option("file", import.file, "a CSV file; for fhir one of NDJSON, a resource a line, in any order")->required();
  import_command->add_option("--mapping", import.mapping_file,
                             "what the columns of a CSV file mean; tests/functional/noshow.toml and leads.toml are examples");
  import_command
      ->add_option("--past-booked", import.past_booked, "fhir: what it means that a visit of the past is still booked (default: refused)")
      ->check(CLI::IsMember({"fulfilled", "noshow", "cancelled"}));
  import_command->add_option("--rejects", import.rejects_file, "where rejected rows are listed (default FILE.rejects.csv)");
  import_command->add_flag("--fast", fast,
                           "as fast as it goes, for hours in which nobody works with the suite: they would wait for each answer");
  import_command->add_flag("--from-start", from_start, "send again what a former run was already told about; changes nothing twice");
  import_command->callback([&] {
    import.output = wants_json ? ImportOptions::Output::kJson : ImportOptions::Output::kWords;
    if (fast) import.pace = ImportOptions::Pace::kFast;
    if (from_start) import.progress = ImportOptions::Progress::kForget;
    code = run_import(suite, import);
  });

  TailOptions tail;
  bool follows = false;
  CLI::App* tail_command = add(app, "tail", "the log, event by event");
  tail_command->add_option("--after", tail.after, "begin behind this position")->capture_default_str();
  tail_command->add_option("--type", tail.type, "only events of this type");
  tail_command->add_flag("--follow,-f", follows, "go on with what comes");
  tail_command->callback([&] {
    tail.output = output();
    if (follows) tail.end = TailOptions::End::kNever;
    code = run_tail(suite, tail);
  });

  std::string id, from, to, by, site, day, service, entity, method, path, body, key;
  CLI::App* kpi = add(app, "kpi", "one figure, with its denominator");
  kpi->add_option("id", id, "for instance no_show_rate")->required();
  kpi->add_option("--from", from, "first day, 2026-11-01");
  kpi->add_option("--to", to, "last day");
  kpi->add_option("--by", by, "site, day, month, …: as the definition allows");
  kpi->add_option("--site", site, "of one site");
  kpi->callback([&] { code = run_kpi(suite, id, from, to, by, site, output()); });

  CLI::App* timeline = add(app, "timeline", "everything that happened to a person");
  timeline->add_option("person", id)->required();
  timeline->callback([&] { code = run_timeline(suite, id, output()); });

  CLI::App* why = add(app, "why", "each message to a person that was sent, or was not, and why");
  why->add_option("person", id)->required();
  why->callback([&] { code = run_why(suite, id, output()); });

  CLI::App* audit = app.add_subcommand("audit", "proofs");
  audit->require_subcommand(1);
  add(*audit, "leaks", "is everybody with unfinished care accounted for; exit 1 if not")->callback([&] {
    code = run_audit_leaks(suite, output());
  });

  CLI::App* parked = app.add_subcommand("parked", "messages set aside because handling them failed for good");
  parked->require_subcommand(1);
  add(*parked, "list", "what is parked, and why")->callback([&] { code = run_parked_list(suite, output()); });
  CLI::App* retry = add(*parked, "retry", "handle them again, in order");
  retry->add_option("--service", service, "only of this service");
  retry->add_option("--entity", entity, "only of this entity");
  retry->callback([&] { code = run_parked_retry(suite, service, entity, output()); });

  CLI::App* rebuild = app.add_subcommand("rebuild", "read models, from the first event");
  rebuild->require_subcommand(1);
  add(*rebuild, "analytics", "every figure anew")->callback([&] { code = run_rebuild_analytics(suite, output()); });

  CLI::App* huddle = add(app, "huddle", "the morning huddle of a site");
  huddle->add_option("site", site)->required();
  huddle->add_option("--day", day, "local day (default today)");
  huddle->callback([&] { code = run_huddle(suite, site, day, output()); });

  CLI::App* bucket = add(app, "bucket", "what came in, what is in, what leaks");
  bucket->add_option("--site", site, "of one site");
  bucket->add_option("--from", from, "first day");
  bucket->add_option("--to", to, "last day");
  bucket->callback([&] { code = run_bucket(suite, site, from, to, output()); });

  CLI::App* call = app.add_subcommand("call", "any request, for scripts: prints the body, exit 1 from status 400 up");
  call->add_option("method", method, "GET or POST")->required();
  call->add_option("path", path, "/v1/…")->required();
  call->add_option("json", body, "the body");
  call->add_option("--key", key, "Idempotency-Key (default a fresh one)");
  call->callback([&] { code = run_call(suite, method, path, body, key); });

  std::size_t requests = 2000, in_flight = 1;
  CLI::App* bench = app.add_subcommand("bench", "")->group("");
  bench->require_subcommand(1);
  CLI::App* bench_command = add(*bench, "command", "time of a command through the gateway");
  bench_command->add_option("--requests", requests)->check(CLI::Range(1, 10'000'000))->capture_default_str();
  bench_command->add_option("--in-flight", in_flight)->check(CLI::Range(1, 1024))->capture_default_str();
  bench_command->callback([&] { code = run_bench_command(suite, requests, in_flight, output()); });

  CLI11_PARSE(app, argc, argv);
  return code;
}
