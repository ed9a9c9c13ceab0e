using Akka.Actor;
using Akka.Configuration;

namespace Akka.TestKit;

/// <summary>The waits of a test kit, from the section akka.test.</summary>
public class TestKitSettings : IExtension
{
    /// <exception cref="ConfigurationException">The time factor is not positive.</exception>
    public TestKitSettings(Config config)
    {
        DefaultTimeout = config.GetTimeSpan("akka.test.default-timeout", null, allowInfinite: false);
        SingleExpectDefault = config.GetTimeSpan("akka.test.single-expect-default", null, allowInfinite: false);
        TestEventFilterLeeway = config.GetTimeSpan("akka.test.filter-leeway", null, allowInfinite: false);
        TestTimeFactor = config.GetDouble("akka.test.timefactor", 0);
        if (TestTimeFactor <= 0)
        {
            throw new ConfigurationException($"Expected a positive value for \"akka.test.timefactor\" but found {TestTimeFactor}");
        }
    }

    /// <summary>For an Ask of a test.</summary>
    public TimeSpan DefaultTimeout { get; }

    /// <summary>For an expectation that names no duration, outside Within.</summary>
    public TimeSpan SingleExpectDefault { get; }

    /// <summary>How long an event filter waits after its block for what is still missing.</summary>
    public TimeSpan TestEventFilterLeeway { get; }

    /// <summary>What every wait that a test names is multiplied with.</summary>
    public double TestTimeFactor { get; }
}
