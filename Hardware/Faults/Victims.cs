namespace Iommu.Hardware.Faults;

/// <summary>Which of many commands a fault is done to, by count from 0.</summary>
/// <param name="First">The first victim.</param>
/// <param name="Period">How many further the next victim is; 0 when there is no other.</param>
public readonly record struct Victims(long First, long Period = 0)
{
    public bool Contains(long number) => number == First || (Period > 0 && number > First && (number - First) % Period == 0);
}
