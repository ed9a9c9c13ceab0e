namespace Iommu.TestKit.Guests;

/// <summary>
/// What a guest knows of the pages that it maps and unmaps over and over: one word a slot, written by the vCPU that owns it, read
/// by devices around a translation. From two readings follows which results were possible, whatever the hardware caches.
/// </summary>
public sealed class SlotPhases(int count)
{
    private const int PhaseBits = 2;
    private const long PhaseMask = (1 << PhaseBits) - 1;
    private const long Absent = 0;
    private const long Mapping = 1;
    private const long Mapped = 2;
    private const long Unmapping = 3;

    private readonly long[] _words = new long[count];

    public int Count => _words.Length;

    public long Read(int slot) => Volatile.Read(ref _words[slot]);

    /// <summary>The version that is mapped, or that is mapped next.</summary>
    public long VersionOf(int slot) => Read(slot) >> PhaseBits;

    /// <summary>Before the table entry of the next version is stored.</summary>
    public void BeginMap(int slot) => Move(slot, Absent, Mapping);

    /// <summary>After it was stored: from now on the translation must succeed.</summary>
    public void EndMap(int slot) => Move(slot, Mapping, Mapped);

    /// <summary>Before the table entry is taken out.</summary>
    public void BeginUnmap(int slot) => Move(slot, Mapped, Unmapping);

    /// <summary>After its invalidation was reported handled: from now on the old version must not be seen (I8).</summary>
    public void EndUnmap(int slot) => Move(slot, Unmapping, Absent + (1 << PhaseBits));

    /// <summary>Whether a translation between two readings may have had this outcome.</summary>
    /// <param name="before">Read before it started.</param>
    /// <param name="after">Read after it ended.</param>
    /// <param name="residue">Which version it found, modulo <paramref name="versions"/>; -1 for a fault.</param>
    /// <param name="versions">Number of versions that can be told apart.</param>
    public static bool Allows(long before, long after, int residue, int versions)
    {
        if (residue < 0) return before != after || (before & PhaseMask) != Mapped;
        var first = before >> PhaseBits;
        var last = (after & PhaseMask) == Absent ? (after >> PhaseBits) - 1 : after >> PhaseBits;
        var age = (last - residue) % versions;
        return last - (age < 0 ? age + versions : age) >= first;
    }

    /// <summary>A reading in words.</summary>
    public static string Describe(long word) => $"version {word >> PhaseBits} " + (word & PhaseMask) switch
    {
        Absent => "not mapped yet, the one before it invalidated",
        Mapping => "being mapped",
        Mapped => "mapped",
        _ => "being unmapped",
    };

    private void Move(int slot, long from, long to)
    {
        var word = _words[slot];
        if ((word & PhaseMask) != from) throw new InvalidOperationException($"slot {slot} is {Describe(word)}");
        Volatile.Write(ref _words[slot], (word & ~PhaseMask) + to);
    }
}
