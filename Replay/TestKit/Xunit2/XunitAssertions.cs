using Xunit;
using Xunit.Sdk;

namespace Akka.TestKit.Xunit2;

/// <summary>Tells xunit of a failure.</summary>
public class XunitAssertions : ITestKitAssertions
{
    public void Fail(string format = "", params object[] args) => Assert.Fail(Message(format, args));

    public void AssertTrue(bool condition, string format = "", params object[] args) => Assert.True(condition, Message(format, args));

    public void AssertFalse(bool condition, string format = "", params object[] args) => Assert.False(condition, Message(format, args));

    public void AssertEqual<T>(T expected, T actual, string format = "", params object[] args)
    {
        try
        {
            Assert.Equal(expected, actual);
        }
        catch (EqualException failure) when (format.Length > 0)
        {
            throw new XunitException($"{Message(format, args)}\n{failure.Message}");
        }
    }

    public void AssertEqual<T>(T expected, T actual, Func<T, T, bool> comparer, string format = "", params object[] args)
    {
        if (!comparer(expected, actual)) throw new XunitException($"{Message(format, args)}\nExpected: {expected}\nActual:   {actual}");
    }

    /// <summary>A text without arguments is taken as it is: it may hold braces.</summary>
    private static string Message(string format, object[] args) => args.Length == 0 ? format : string.Format(format, args);
}
