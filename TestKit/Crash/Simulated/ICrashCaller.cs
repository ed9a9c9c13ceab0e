using Iommu.Messages;

namespace Iommu.TestKit.Crash.Simulated;

/// <summary>Who makes calls on one context, one after the other, and outlives the simulator.</summary>
internal interface ICrashCaller
{
    /// <summary>The next call; null when there is none.</summary>
    Call? Next();

    /// <summary>The call is acknowledged.</summary>
    void Answered(Call call, Answer answer);

    /// <summary>The call was not answered, though the simulator is alive.</summary>
    void Failed(Call call, Exception cause);
}
