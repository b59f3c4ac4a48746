#pragma once
// What a process counts about itself, for Prometheus. Ids may be labels of nothing here: a label's values are few and known.

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace bridgework::runtime {

/// Only rises. Cheap and safe from any thread, like the other two.
class Counter {
 public:
  explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
  void add(double amount = 1);
  double value() const;

 private:
  prometheus::Counter* counter_;
};

/// Rises and falls.
class Gauge {
 public:
  explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
  void set(double value);
  void add(double amount);
  double value() const;

 private:
  prometheus::Gauge* gauge_;
};

/// How long things take, in seconds, from 100 µs to 10 s in 16 steps.
class Histogram {
 public:
  explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
  void observe(std::chrono::nanoseconds duration);

 private:
  prometheus::Histogram* histogram_;
};

/// All metrics of one process. Made once in main and handed on; whoever counts asks for its metrics once, when it is made.
///
/// Names are `bridgework_<what>_<unit>`, counters end in `_total`. Asking again for the same name and labels gives the same metric.
class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  /// `service` stands as a label on every metric.
  explicit Metrics(std::string_view service);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram histogram(std::string_view name, std::string_view help, const Labels& labels = {});

  /// Everything in the text format of Prometheus, process CPU time and resident memory included.
  std::string text() const;

 private:
  struct Store;
  std::unique_ptr<Store> store_;
};

/// The media type of `Metrics::text`.
inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace bridgework::runtime
