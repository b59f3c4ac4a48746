#include "bench/postgres.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace bridgework::bench {

// Whoever is root here runs it as the user its package has made: it refuses to be root.
Postgres::Postgres() : as_(::geteuid() == 0 ? "setpriv --reuid postgres --regid postgres --init-groups --pdeathsig INT " : "") {
  bin_ = output_of("ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1");
  bin_.erase(bin_.find_last_not_of("\n") + 1);
  const std::string data = directory_.path() + "/data";
  output_of("chmod 711 " + directory_.path() + " && mkdir " + data + " && " + (as_.empty() ? "true" : "chown postgres " + data));
  run("initdb -A trust --no-sync -D " + data);
  std::ofstream(data + "/postgresql.conf", std::ios::app)
      << "listen_addresses = ''\nunix_socket_directories = '" << data
      << "'\nfsync = on\nsynchronous_commit = on\nshared_buffers = 512MB\nmax_wal_size = 4GB\n";
  std::vector<std::string> command;
  std::istringstream words(as_ + bin_ + "/postgres -D " + data);
  for (std::string word; words >> word;) command.push_back(word);
  server_.emplace_back(std::move(command), directory_.path() + "/postgres.log");
  output_of("for i in $(seq 200); do " + bin_ + "/pg_isready -q -h " + data + " && exit 0; sleep 0.05; done; exit 1");
}

std::string Postgres::run(const std::string& program_and_arguments) {
  return output_of("cd " + directory_.path() + " && " + as_ + bin_ + "/" + program_and_arguments + " 2>&1");
}

std::string Postgres::file(const std::string& name, const std::string& text) {
  std::string path = directory_.path() + "/" + name;
  std::ofstream(path) << text;
  output_of("chmod 644 " + path);
  return path;
}

void Postgres::sql(const std::string& statements) {
  run("psql -q -v ON_ERROR_STOP=1 -h " + directory_.path() + "/data -d postgres -f " + file("statements.sql", statements));
}

namespace {

double number_after(const std::string& text, const std::string& words) {
  const auto found = text.find(words);
  if (found == std::string::npos) give_up("pgbench says nothing of " + words + ": " + text);
  return std::strtod(text.c_str() + found + words.size(), nullptr);
}

}  // namespace

double Postgres::booking(std::size_t clients, double seconds) {
  const Practice practice;
  if (!booking_made_) {
    sql(R"(CREATE EXTENSION btree_gist;
CREATE TABLE booking (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, chair int NOT NULL, provider int NOT NULL, person int NOT NULL,
  during tstzrange NOT NULL, EXCLUDE USING gist (chair WITH =, during WITH &&), EXCLUDE USING gist (provider WITH =, during WITH &&));)");
    booking_made_ = true;
  }
  const auto number = [](int n) { return std::to_string(n); };
  const std::string script =
      file("booking.pgbench", "\\set site random(0, " + number(practice.sites - 1) + ")\n\\set chair :site * 100 + random(0, " +
                                  number(practice.chairs - 1) + ")\n\\set provider :site * 100 + random(0, " +
                                  number(practice.providers - 1) + ")\n\\set minute random(0, " + number(practice.days - 1) +
                                  ") * 1440 + random(0, " + number(practice.slots - 1) + R"() * 30
\set person random(0, 9999)
INSERT INTO booking (chair, provider, person, during) VALUES (:chair, :provider, :person,
  tstzrange('2027-01-04 13:00Z'::timestamptz + :minute * interval '1 minute',
            '2027-01-04 13:30Z'::timestamptz + :minute * interval '1 minute')) ON CONFLICT DO NOTHING;
)");
  const std::string said =
      run("pgbench -n -h " + directory_.path() + "/data -f " + script + " -c " + std::to_string(clients) + " -j " +
          (clients > 1 ? "2" : "1") + " -M prepared -T " + std::to_string(std::max(1, static_cast<int>(seconds + 0.5))) + " postgres");
  return number_after(said, "tps = ");
}

double Postgres::due(std::size_t persons, int repetitions) {
  sql("DROP TABLE IF EXISTS due_work; CREATE TABLE due_work (person text PRIMARY KEY, due timestamptz NOT NULL, body bytea NOT NULL);\n"
      "INSERT INTO due_work SELECT 'p-' || i, CASE WHEN i < 1024 THEN now() - interval '1 hour' ELSE now() + interval '1 day' + (i * 61 % "
      "5000000) * "
      "interval '1 second' END, decode(repeat('2e', 128), 'hex') FROM generate_series(0, " +
      std::to_string(persons - 1) + ") i;\nCREATE INDEX ON due_work (due);\nANALYZE due_work;");
  const std::string script = file("due.pgbench", "SELECT person, body FROM due_work WHERE due <= now() ORDER BY due LIMIT 1024;\n");
  const std::string said = run("pgbench -n -h " + directory_.path() + "/data -f " + script + " -c 1 -M prepared -t " +
                               std::to_string(repetitions * 20) + " postgres");
  return number_after(said, "latency average = ");
}

}  // namespace bridgework::bench
