using System.Text;
using Iommu.Messages;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Explore;

/// <summary>
/// Whether the calls of a schedule could have come one after the other. Schedules come to few histories that are different, and each of
/// those is judged once.
/// </summary>
internal sealed class HistoryJudge
{
    private const int KnownMax = 200_000;

    private readonly Dictionary<string, string?> _known = [];

    /// <param name="before">What the context was.</param>
    /// <param name="history">The calls, and what they left.</param>
    /// <param name="failed">A step that was made to fail: a call that is refused for that has changed nothing. Null for none.</param>
    /// <returns>Null when they could; else why not.</returns>
    public string? Judge(IommufdModel before, History history, string? failed)
    {
        var key = $"{failed}{Fingerprint.Of(ModelText.Fingerprint(before)):x16} {KeyOf(history)}";
        if (_known.TryGetValue(key, out var why)) return why;
        if (_known.Count >= KnownMax) _known.Clear();
        if (failed is not null) history = history with { Operations = [.. history.Operations.Select(it => Refused(it, failed))] };
        return _known[key] = LinearizabilityChecker.Check(before, history);
    }

    /// <summary>The call, as one that may have been refused for the step.</summary>
    public static Operation Refused(Operation operation, string step) =>
        operation.Answer.Errno is Errno.ENOMEM or Errno.EINVAL ? operation with { RefusedAt = step } : operation;

    private static string KeyOf(History history)
    {
        var key = new StringBuilder();
        foreach (var operation in history.Operations)
            key.Append($"{operation.Client}:{operation.InvokedAt}-{operation.AnsweredAt} ")
                .Append(ModelText.Of(operation.Call, operation.Answer)).Append(';');
        return key.Append(history.FinalState).ToString();
    }
}
