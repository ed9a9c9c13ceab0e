using Iommu.Actors.Core;
using Iommu.Messages;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Crash.Simulated;

/// <summary>Makes the calls of a scenario, and holds the answers against the model.</summary>
/// <param name="scenario">The calls.</param>
/// <param name="failNth">Which step fails of the calls that are crashed; 0 for none.</param>
internal sealed class ScriptedCaller(CrashScenario scenario, int failNth = 0) : ICrashCaller
{
    private readonly IReadOnlyList<Call> _calls = [.. scenario.Before, .. scenario.Crashed];
    private int _next;

    public FailNth Failures { get; } = new();

    public CrashOracle Oracle { get; } = new(SimulatedLife.Machine(1, 0));

    public List<CrashFinding> Findings { get; } = [];

    public LastCalls Calls { get; } = new();

    /// <summary>Calls that were answered.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Whether the calls that are crashed have begun.</summary>
    public bool IsCrashed => _next > scenario.Before.Count;

    /// <summary>All calls are answered, or none more will be made.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The call in which a step has failed, from 1; 0 for none.</summary>
    public int FailedAt { get; private set; }

    /// <summary>Whether that call has failed with it.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>A step has failed, and the call has not been answered yet.</summary>
    public bool IsAborting => FailedAt == 0 && Failures.Failed is not null;

    public Call? Next()
    {
        if (_next == _calls.Count)
        {
            IsOver = true;
            return null;
        }
        if (_next == scenario.Before.Count) Failures.Arm(failNth);
        var call = _calls[_next++];
        Oracle.Announce(call);
        return call;
    }

    public void Answered(Call call, Answer answer)
    {
        Acknowledged++;
        Calls.Add($"{ModelText.Of(call)}  ->  {ModelText.Of(call, answer)}");
        if (FailedAt == 0 && Failures.Failed is not null) FailedAt = Acknowledged;
        if (FailedAt == Acknowledged && answer.Errno is Errno.ENOMEM or Errno.EINVAL)
        {
            IsRefused = true;
            Oracle.Refused();
        }
        else if (answer.Errno == Errno.EIO) _next = _calls.Count;
        else if (Oracle.Acknowledge(ModelText.Of(call, answer)) is { } finding) Findings.Add(finding);
        else if (answer.Errno != Errno.None && failNth == 0)
            Findings.Add(new CrashFinding(CrashFault.GraphMismatch, $"the scenario has a mistake: {ModelText.Of(call)} is {answer.Errno}"));
    }

    public void Failed(Call call, Exception cause) =>
        Findings.Add(new CrashFinding(CrashFault.HungCaller, $"{ModelText.Of(call)}: {cause.Message}"));
}
