#include "runtime/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace bridgework::runtime {
namespace {

const prometheus::Histogram::BucketBoundaries& duration_buckets() {
  static const prometheus::Histogram::BucketBoundaries kBuckets = {0.0001, 0.0002, 0.0005, 0.001, 0.0015, 0.002, 0.003, 0.005,
                                                                   0.01,   0.02,   0.05,   0.1,   0.25,   1,     2.5,   10};
  return kBuckets;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  long pages_total = 0;
  long pages_resident = 0;
  if (!(statm >> pages_total >> pages_resident)) return 0;
  return static_cast<double>(pages_resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace

struct Metrics::Store {
  explicit Store(std::string_view service) : service(service), registry(prometheus::Registry::InsertBehavior::Merge) {}

  const std::string service;
  prometheus::Registry registry;
  prometheus::Gauge* cpu = nullptr;
  prometheus::Gauge* memory = nullptr;

  Labels with_service(const Labels& labels) const {
    Labels all = labels;
    all.emplace("service", service);
    return all;
  }
};

Metrics::Metrics(std::string_view service) : store_(std::make_unique<Store>(service)) {
  const auto process_gauge = [&](const char* name, const char* help) {
    return &prometheus::BuildGauge().Name(name).Help(help).Register(store_->registry).Add(store_->with_service({}));
  };
  store_->cpu = process_gauge("bridgework_process_cpu_seconds", "CPU time this process has used.");
  store_->memory = process_gauge("bridgework_process_resident_bytes", "Memory this process holds.");
}

Metrics::~Metrics() = default;

Counter Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  return Counter(prometheus::BuildCounter()
                     .Name(std::string(name))
                     .Help(std::string(help))
                     .Register(store_->registry)
                     .Add(store_->with_service(labels)));
}

Gauge Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  return Gauge(prometheus::BuildGauge()
                   .Name(std::string(name))
                   .Help(std::string(help))
                   .Register(store_->registry)
                   .Add(store_->with_service(labels)));
}

Histogram Metrics::histogram(std::string_view name, std::string_view help, const Labels& labels) {
  return Histogram(prometheus::BuildHistogram()
                       .Name(std::string(name))
                       .Help(std::string(help))
                       .Register(store_->registry)
                       .Add(store_->with_service(labels), duration_buckets()));
}

std::string Metrics::text() const {
  store_->cpu->Set(cpu_seconds());
  store_->memory->Set(resident_bytes());
  return prometheus::TextSerializer().Serialize(store_->registry.Collect());
}

void Counter::add(double amount) { counter_->Increment(amount); }
double Counter::value() const { return counter_->Value(); }
void Gauge::set(double value) { gauge_->Set(value); }
void Gauge::add(double amount) { gauge_->Increment(amount); }
double Gauge::value() const { return gauge_->Value(); }
void Histogram::observe(std::chrono::nanoseconds duration) { histogram_->Observe(std::chrono::duration<double>(duration).count()); }

}  // namespace bridgework::runtime
